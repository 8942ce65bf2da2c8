import assert from 'node:assert/strict'
import { cleanEnvironment, readContext } from './context.ts'

const CWD = '/yard/git/dtserver.git'

describe("a hook's context", () => {
  it('is the repository it runs in, the root it was installed with, and the developer that SSH has proven', () => {
    const { layout, repository, pusher } = readContext({ EDGEYARD_ROOT: '/yard', EDGEYARD_DEVELOPER: 'dev1' }, CWD)
    assert.deepEqual([layout.root, repository, pusher], ['/yard', 'dtserver', { operator: false, developer: 'dev1' }])
  })

  it('names the key that was proven, and takes nothing else for one', () => {
    const key = `SHA256:${'a'.repeat(43)}`
    const by = (EDGEYARD_KEY: string) =>
      readContext({ EDGEYARD_ROOT: '/yard', EDGEYARD_DEVELOPER: 'dev1', EDGEYARD_KEY }, CWD).by
    assert.deepEqual(
      [by(key), by('x')],
      [
        { who: 'dev1', key },
        { who: 'dev1', key: null },
      ],
    )
  })

  it('is the operator for a local path', () => {
    assert.deepEqual(readContext({ EDGEYARD_ROOT: '/yard' }, CWD).pusher, { operator: true })
  })

  it('never takes a name that is none for the operator', () => {
    for (const EDGEYARD_DEVELOPER of ['', 'Dev', '../x', 'refs', 'operator', 'a b']) {
      assert.throws(() => readContext({ EDGEYARD_ROOT: '/yard', EDGEYARD_DEVELOPER }, CWD), { code: 'DEVELOPER_NAME' })
    }
  })

  it('is none without a root or outside of the repositories', () => {
    assert.throws(() => readContext({}, CWD), { code: 'PROTOCOL' })
    assert.throws(() => readContext({ EDGEYARD_ROOT: 'yard' }, CWD), { code: 'PROTOCOL' })
    assert.throws(() => readContext({ EDGEYARD_ROOT: '/yard' }, '/yard/git/other.git'), { code: 'PROTOCOL' })
  })

  it("finds the push's objects where git keeps them until it is accepted", () => {
    const env = {
      EDGEYARD_ROOT: '/yard',
      GIT_OBJECT_DIRECTORY: './objects/tmp_objdir-incoming-x',
      GIT_ALTERNATE_OBJECT_DIRECTORIES: './objects:/more',
    }
    assert.deepEqual(readContext(env, CWD).quarantine, {
      GIT_OBJECT_DIRECTORY: `${CWD}/objects/tmp_objdir-incoming-x`,
      GIT_ALTERNATE_OBJECT_DIRECTORIES: `${CWD}/objects:/more`,
    })
    assert.deepEqual(readContext({ EDGEYARD_ROOT: '/yard' }, CWD).quarantine, {})
  })

  it('leaves three variables of the environment', () => {
    const env = { PATH: 'p', HOME: 'h', LANG: 'l', GIT_DIR: '.', ESBUILD_BINARY_PATH: '/x', SSH_AUTH_SOCK: 's' }
    cleanEnvironment(env)
    assert.deepEqual(env, { PATH: 'p', HOME: 'h', LANG: 'l' })
  })
})
