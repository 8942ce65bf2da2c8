import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { runOk } from '../exec/run-command.ts'
import { commitFiles } from '../git/commit-files.ts'
import { gitCommand } from '../git/git.ts'
import { ensureRepositories } from '../git/repositories.ts'
import { type YardLayout, yardLayout } from '../sandbox/layout.ts'
import { addDeveloper } from './developers.ts'
import { finishRename } from './rename-developer.ts'

const VALUES = 'redis.values.yaml'

describe('finishRename', () => {
  let root: string
  let layout: YardLayout
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'edgeyard-rename-'))
    layout = yardLayout(root)
    await ensureRepositories(layout)
    await addDeveloper(layout, 'dev1')
  })
  afterEach(() => rm(root, { recursive: true, force: true }))

  const commit = (branch: string, files: Record<string, string>) =>
    commitFiles(layout, {
      ...{ repository: 'serverctrl', branch, message: 'x' },
      files: new Map(Object.entries(files).map(([path, text]) => [path, Buffer.from(text)])),
    })
  const git = async (...args: string[]) =>
    (await runOk(gitCommand(layout.repository('serverctrl'), args))).stdout.toString()

  it('changes the sections and leaves alone what else was pushed, however it is called', async () => {
    const values = 'master: { LISTEN: 1 }\ndev1: { LISTEN: 2 }\n'
    const path = 'notes/x\ndata 0\n\ncommit refs/heads/master\ncommitter a <a@b> 0 +0000\ndata 0\nM 100644 inline y'
    await commit('master', { [VALUES]: values })
    await commit('dev1', { [VALUES]: values, [path]: 'x', 'notes/"': 'y' })
    const others = await git('rev-parse', 'dev1:notes')
    await finishRename(layout, { from: 'dev1', to: 'ana' })
    for (const branch of ['master', 'ana']) {
      assert.equal(await git('show', `${branch}:${VALUES}`), values.replace('dev1', 'ana'))
    }
    assert.equal(await git('log', '--format=%s', 'master'), 'dev1 is called ana now\nx\n')
    assert.equal(await git('ls-tree', '--name-only', 'master'), `${VALUES}\n`)
    assert.equal(await git('rev-parse', 'ana:notes'), others)
    assert.equal(await git('for-each-ref', '--format=%(refname)', 'refs/heads/dev1'), '')
  })

  describe('beside pushes', () => {
    const path = process.env.PATH
    afterEach(() => {
      process.env.PATH = path
    })

    /** Before git updates refs, `$n` of which it is, this is done, as a push between the list and the update would. */
    const beforeUpdates = async (script: string) => {
      const bin = join(root, 'bin')
      await mkdir(bin)
      const wrapper = `#!/bin/sh
PATH='${path}'
if [ "$1" = update-ref ] && [ "$2" = --stdin ]; then
  echo x >>'${bin}/updates'
  n=$(wc -l <'${bin}/updates')
  ${script}
fi
exec git "$@"
`
      await writeFile(join(bin, 'git'), wrapper, { mode: 0o755 })
      process.env.PATH = `${bin}:${path}`
      return async () => (await readFile(join(bin, 'updates'), 'utf8')).length / 2
    }
    const push = 'git update-ref refs/heads/dev1 "$(git commit-tree -p dev1 -m "push $n" "dev1^{tree}" </dev/null)"'

    it('takes the branch along as a push has just left it', async () => {
      await commit('dev1', { a: 'x' })
      await beforeUpdates(`if [ "$n" -le 2 ]; then ${push}; fi`)
      await finishRename(layout, { from: 'dev1', to: 'ana' })
      assert.equal(await git('log', '--format=%s', 'ana'), 'push 2\npush 1\nx\n')
      assert.equal(await git('for-each-ref', '--format=%(refname)', 'refs/heads/dev1'), '')
    })

    it('waits for a push that holds the branch', async () => {
      await commit('dev1', { a: 'x' })
      const lock = join(layout.repository('serverctrl'), 'refs/heads/dev1.lock')
      await beforeUpdates(`if [ "$n" = 1 ]; then : >'${lock}'; else rm -f '${lock}'; fi`)
      await finishRename(layout, { from: 'dev1', to: 'ana' })
      assert.equal(await git('log', '--format=%s', 'ana'), 'x\n')
    })

    it('gives up where the branch never holds still', async () => {
      await commit('dev1', { a: 'x' })
      const updates = await beforeUpdates(push)
      await assert.rejects(finishRename(layout, { from: 'dev1', to: 'ana' }), /cannot lock ref 'refs\/heads\/dev1'/)
      assert.equal(await updates(), 10)
    })
  })

  it('takes along everything that is theirs, what the yard told them too', async () => {
    const { folders, access, memories } = layout.belongings('dev1')
    const files = [
      ...folders.flatMap(({ folder, days }) => [join(folder, 'a'), join(days, 'a')]),
      ...access,
      ...memories,
    ]
    for (const file of files) {
      await mkdir(dirname(file), { recursive: true })
      await writeFile(file, file)
    }
    await finishRename(layout, { from: 'dev1', to: 'ana' })
    for (const file of files) {
      assert.equal(existsSync(file), false)
      assert.equal(await readFile(file.replace(/\bdev1\b/, 'ana'), 'utf8'), file)
    }
    assert.ok(files.includes(join(root, 'edgeyard/dev1/a')))
  })
})
