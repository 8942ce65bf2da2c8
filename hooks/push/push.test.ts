// Pushes on real git, by a local path: what is accepted, what is told, what is there afterwards.
import assert from 'node:assert/strict'
import { readdir, readFile, readlink, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { releaseName } from '../../servers/contract/release.ts'
import {
  type Client,
  commitFiles,
  createClient,
  createFakeYard,
  type FakeYard,
  remoteSaid,
} from '../testing/fake-yard.ts'

describe('a push of scripts', () => {
  let yard: FakeYard
  let client: Client

  beforeEach(async () => {
    yard = await createFakeYard()
    client = await createClient(yard.layout.repository('socketserver'))
  })
  afterEach(async () => {
    await client.close()
    await yard.close()
  })

  it('is exported, built, booted, switched, and its last line says what is live', async () => {
    const commit = await commitFiles(client, { 'src/main.ts': 'export default { message() {} }\n' })
    const pushed = await client.git(['push', 'origin', 'dev1'], { as: 'dev1' })
    assert.equal(pushed.exitCode, 0, pushed.stderr)
    if (process.env.SHOW) console.log(pushed.stderr)
    const release = releaseName(commit)
    assert.equal(
      remoteSaid(pushed).at(-1),
      `dev1 socketserver is live: release ${release} at ws://127.0.0.1:1/socketserver/dev1`,
    )
    assert.deepEqual(
      yard.booted.map(({ server, developer, commit }) => ({ server, developer, commit })),
      [{ server: 'socketserver', developer: 'dev1', commit }],
    )
    const sandbox = yard.layout.sandbox({ server: 'socketserver', developer: 'dev1' })
    assert.deepEqual(await readdir(sandbox.releases), [release])
    assert.equal(await readlink(sandbox.src), `releases/${release}/src`)
    const map = JSON.parse(await readFile(join(sandbox.release(release), 'build/src/main.js.map'), 'utf8'))
    assert.deepEqual(map.sources, ['../../src/main.ts'])
    assert.equal((await stat(join(sandbox.release(release), 'src/main.ts'))).mode & 0o777, 0o644)
  })
})
