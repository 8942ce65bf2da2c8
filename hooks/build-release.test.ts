import assert from 'node:assert/strict'
import { readdir, rm } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { runCommand } from '../devenv/exec/run-command.ts'
import { releaseName } from '../servers/contract/release.ts'
import { type Client, commitFiles, createClient, createFakeYard, type FakeYard } from './testing/fake-yard.ts'

const PROGRAM = fileURLToPath(new URL('./build-release.js', import.meta.url))

describe('build-release', () => {
  let yard: FakeYard
  let client: Client
  let commit: string

  before(async () => {
    yard = await createFakeYard()
    client = await createClient(yard.layout.repository('dtserver'))
    commit = await commitFiles(client, { 'src/main.ts': 'export default 1\n', 'src/other.ts': 'export default 2\n' })
    const pushed = await client.git(['push', 'origin', 'dev1'], { as: 'dev1' })
    assert.equal(pushed.exitCode, 0, pushed.stderr)
    await yard.stopDaemon()
  })
  after(async () => {
    await client.close()
    await yard.close()
  })

  const build = (...args: string[]) =>
    runCommand({ file: process.execPath, args: [PROGRAM, '--root', yard.layout.root, ...args] })
  const sandbox = ['--server', 'dtserver', '--developer', 'dev1']

  it('brings a release back that has gone, without the daemon', async () => {
    const { release, releases } = yard.layout.sandbox({ server: 'dtserver', developer: 'dev1' })
    await rm(release(releaseName(commit)), { recursive: true })
    const without = await build(...sandbox, '--commit', commit)
    assert.equal(without.exitCode, 0, without.stderr)
    assert.deepEqual(await readdir(releases), [releaseName(commit)])
    const ended = await build(...sandbox, '--commit', commit, '--script', 'src/main.ts')
    assert.equal(ended.exitCode, 0, ended.stderr)
    assert.deepEqual(await readdir(`${release(releaseName(commit))}/build/src`), ['main.js', 'main.js.map'])
  })

  it('adds the build of a script that a release lacks', async () => {
    const ended = await build(...sandbox, '--commit', commit, '--script', 'src/main.ts', '--script', 'src/other.ts')
    assert.equal(ended.exitCode, 0, ended.stderr)
    const { release } = yard.layout.sandbox({ server: 'dtserver', developer: 'dev1' })
    assert.equal((await readdir(`${release(releaseName(commit))}/build/src`)).length, 4)
  })

  it('says what is wrong', async () => {
    for (const [args, says] of [
      [[...sandbox, '--commit', 'f'.repeat(40)], /Cannot list f{40}: it is not there/],
      [[...sandbox, '--commit', 'HEAD'], /Cannot build a release without/],
      [['--server', 'dtserver', '--developer', '../dev1', '--commit', commit], /Cannot use "\.\.\/dev1"/],
      [[...sandbox, '--commit', commit, '--script', 'src/nothing.ts'], /Cannot find src\/nothing\.ts/],
    ] as const) {
      const ended = await build(...args)
      assert.equal(ended.exitCode, 1)
      assert.match(ended.stderr, says)
    }
  })
})
