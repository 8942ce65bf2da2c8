// Pushes to the common library on real git: who is checked with it, what is refused, and that a refusal leaves nothing.
import assert from 'node:assert/strict'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { resolveBranch } from '../../devenv/git/refs.ts'
import { builtCommit, releaseName } from '../../servers/contract/release.ts'
import { liveRelease } from '../build/releases.ts'
import {
  type Client,
  commitFiles,
  createClient,
  createFakeYard,
  type FakeYard,
  remoteSaid,
} from '../testing/fake-yard.ts'

const USER = "import { wait } from 'common/backoff'\nexport default { message: () => wait }\n"

describe('a push to the common library', () => {
  let yard: FakeYard
  let library: Client
  let scripts: Client
  let first: string
  let script: string

  beforeEach(async () => {
    yard = await createFakeYard()
    library = await createClient(yard.layout.repository('common'))
    scripts = await createClient(yard.layout.repository('socketserver'))
    first = await commitFiles(library, {
      'backoff.ts': 'export const wait: number = 1\n',
      'ids.ts': 'export const id = 1\n',
    })
    const pushed = await push()
    assert.equal(pushed.exitCode, 0, pushed.stderr)
    script = await commitFiles(scripts, { 'src/main.ts': USER })
    const user = await scripts.git(['push', 'origin', 'dev1'], { as: 'dev1' })
    assert.equal(user.exitCode, 0, user.stderr)
    await commitFiles(scripts, { 'src/main.ts': 'export default { message() {} }\n' })
    const other = await scripts.git(['push', 'origin', 'HEAD:dev2'], { as: 'dev2' })
    assert.equal(other.exitCode, 0, other.stderr)
    yard.booted.length = 0
  })
  afterEach(async () => {
    await library.close()
    await scripts.close()
    await yard.close()
  })

  const push = (as?: string, refspec = 'HEAD:master') =>
    library.git(['push', 'origin', refspec], as === undefined ? {} : { as })
  const sandboxOf = (developer: string) => yard.layout.sandbox({ server: 'socketserver', developer })
  const livesAt = () => resolveBranch(yard.layout, 'common', 'master')

  it('names the release of a script that uses it by both commits, and of another by one', async () => {
    assert.deepEqual(await readdir(sandboxOf('dev1').releases), [releaseName(builtCommit(script, first))])
    const [plain] = await readdir(sandboxOf('dev2').releases)
    assert.match(plain!, /^[0-9a-f]{12}$/)
  })

  it('builds and boots the sandboxes that use it, and says how many those are', async () => {
    const second = await commitFiles(library, { 'backoff.ts': 'export const wait: number = 2\n' })
    const pushed = await push()
    assert.equal(pushed.exitCode, 0, pushed.stderr)
    assert.deepEqual(
      yard.booted.map(({ developer, commit }) => ({ developer, commit })),
      [{ developer: 'dev1', commit: builtCommit(script, second) }],
    )
    const said = remoteSaid(pushed)
    assert.ok(said.includes('2 sandboxes, 1 of them with code that uses it'), said.join('\n'))
    assert.match(said.join('\n'), /^build +\d+ ms {2}common\/backoff, common\/ids \(types are not checked\)$/m)
    const release = sandboxOf('dev1').release(releaseName(builtCommit(script, second)))
    assert.match(await readFile(join(release, 'build/src/main.js'), 'utf8'), /wait = 2/)
    // Not a file of it is where a sandbox may read.
    const files = await readdir(release, { recursive: true })
    assert.deepEqual(
      files.filter((file) => file.includes('backoff')),
      [],
    )
  })

  it('with the key of master is the same; of anybody else it is refused', async () => {
    await commitFiles(library, { 'ids.ts': 'export const id = 2\n' })
    for (const [as, refspec] of [
      ['dev1', 'HEAD:master'],
      ['dev1', 'HEAD:dev1'],
      ['master', 'HEAD:dev1'],
    ] as const) {
      const refused = await push(as, refspec)
      assert.notEqual(refused.exitCode, 0)
      assert.match(remoteSaid(refused).join('\n'), /only the operator may push it/)
    }
    const pushed = await push('master')
    assert.equal(pushed.exitCode, 0, pushed.stderr)
  })

  async function assertNothingChanged(trees: readonly string[]): Promise<void> {
    assert.equal(await livesAt(), first)
    assert.deepEqual(await readdir(sandboxOf('dev1').releases), [releaseName(builtCommit(script, first))])
    assert.equal(liveRelease(sandboxOf('dev1')), releaseName(script))
    assert.deepEqual(await readdir(yard.layout.common), trees)
  }

  it('that cannot be built by itself is refused at its line, and nothing is left of it', async () => {
    const trees = await readdir(yard.layout.common)
    const broken = await commitFiles(library, { 'ids.ts': 'export const id = = 2\n' })
    const pushed = await push()
    assert.equal(pushed.exitCode, 1)
    const said = remoteSaid(pushed).join('\n')
    assert.match(said, /common\/ids\.ts:1:19: Unexpected "="\n {2}export const id = = 2\n/)
    assert.match(
      said,
      new RegExp(`refused: common ${releaseName(broken)}; it stays at ${releaseName(first)}, and everything`),
    )
    await assertNothingChanged(trees)
  })

  it('with which a sandbox cannot be built is refused with which one, and its line', async () => {
    const trees = await readdir(yard.layout.common)
    await commitFiles(library, { 'backoff.ts': 'export const delay: number = 2\n' })
    const pushed = await push()
    assert.equal(pushed.exitCode, 1)
    const said = remoteSaid(pushed).join('\n')
    assert.match(
      said,
      /dev1 socketserver: it cannot be built with this\nsrc\/main\.ts:1:10: No matching export in "common\/backoff\.ts"/,
    )
    assert.deepEqual(yard.booted, [])
    await assertNothingChanged(trees)
  })

  it('with which a sandbox does not start is refused with its place and last lines', async () => {
    const trees = await readdir(yard.layout.common)
    await commitFiles(library, { 'backoff.ts': 'export const wait: number = JSON.parse("x")\n' })
    yard.failures = [
      {
        ...{ server: 'socketserver', developer: 'dev1', message: 'SyntaxError: x', lastLines: ['[error] last words'] },
        diagnostic: { file: 'common/backoff.ts', line: 1, column: 34, message: 'SyntaxError: x' },
      },
    ]
    const pushed = await push()
    assert.equal(pushed.exitCode, 1)
    const said = remoteSaid(pushed).join('\n')
    assert.match(said, /common\/backoff\.ts:1:34: SyntaxError: x\n {2}export const wait: number = JSON\.parse\("x"\)\n/)
    assert.match(said, /its last lines:\n {2}\| \[error\] last words/)
    await assertNothingChanged(trees)
  })

  it('checks again what was pushed while it was checking', async () => {
    const second = await commitFiles(library, { 'backoff.ts': 'export const wait: number = 2\n' })
    let late = ''
    yard.whileBooting = async () => {
      yard.whileBooting = () => Promise.resolve()
      late = await commitFiles(scripts, { 'src/main.ts': `${USER}// late\n` })
      await scripts.git(['push', 'origin', 'HEAD:dev2'], { as: 'dev2' })
    }
    const pushed = await push()
    assert.equal(pushed.exitCode, 0, pushed.stderr)
    assert.match(remoteSaid(pushed).join('\n'), /once more, for what was pushed meanwhile: dev2 socketserver/)
    assert.equal(yard.booted.at(-1)?.commit, builtCommit(late, second))
  })

  it('during a push of a developer makes that one start with the new library', async () => {
    const second = await commitFiles(library, { 'backoff.ts': 'export const wait: number = 2\n' })
    const next = await commitFiles(scripts, { 'src/main.ts': `${USER}// next\n` })
    yard.whileBooting = async () => {
      yard.whileBooting = () => Promise.resolve()
      await push()
    }
    const pushed = await scripts.git(['push', 'origin', 'HEAD:dev2'], { as: 'dev2' })
    assert.equal(pushed.exitCode, 0, pushed.stderr)
    assert.match(remoteSaid(pushed).join('\n'), /the common library has moved meanwhile: once more, with the new one/)
    assert.equal(yard.booted.at(-1)?.commit, builtCommit(next, second))
  })
})
