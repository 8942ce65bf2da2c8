// What a developer may bring and keep, on real git: told with how much of what, and never at the cost of what is live.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import type { Ended } from '../../devenv/exec/command.ts'
import { QUOTAS_DEFAULT, type Quotas } from '../../devenv/sandbox/quotas.ts'
import { releaseName } from '../../servers/contract/release.ts'
import { liveRelease } from '../build/releases.ts'
import {
  type Client,
  commitFiles,
  createClient,
  createFakeYard,
  type FakeYard,
  remoteSaid,
} from '../testing/fake-yard.ts'

const KIB = 1024

describe('the quotas of a push', function () {
  this.timeout(60_000)
  let yard: FakeYard
  let client: Client

  before(async () => {
    yard = await createFakeYard()
  })
  after(() => yard.close())
  beforeEach(async () => {
    client = await createClient(yard.layout.repository('socketserver'))
    yard.quotas = QUOTAS_DEFAULT
    yard.repositoryBytes = {}
  })
  afterEach(() => client.close())

  const sandbox = () => yard.layout.sandbox({ server: 'socketserver', developer: 'dev1' })
  const give = (quotas: Partial<Quotas>) => {
    yard.quotas = { ...QUOTAS_DEFAULT, developers: { dev1: { ...QUOTAS_DEFAULT.everybody, ...quotas } } }
  }
  const push = (developer = 'dev1'): Promise<Ended> =>
    client.git(['push', '--force', 'origin', `HEAD:refs/heads/${developer}`], { as: developer })
  const noise = (kib: number) => randomBytes((kib * KIB) / 2).toString('hex')

  it("are a developer's own: what one may bring another may not", async () => {
    give({ tree: 100 * KIB, files: 3 })
    await commitFiles(client, { 'src/main.ts': 'export default 1\n', big: noise(200) })
    const refused = await push()
    assert.equal(refused.exitCode, 1)
    assert.ok(
      remoteSaid(refused).includes('refused: 201 KiB of files, at most 100 KiB (quota tree, yard.yml)'),
      refused.stderr,
    )
    const taken = await push('dev2')
    assert.equal(taken.exitCode, 0, taken.stderr)
    await commitFiles(client, { big: null, a: '', b: '', c: '' })
    const many = await push()
    assert.ok(remoteSaid(many).includes('refused: 4 files, at most 3 (quota files, yard.yml)'), many.stderr)
  })

  it('keep as many releases as they say', async () => {
    give({ releases: 2 })
    for (let n = 0; n < 4; n++) {
      await commitFiles(client, { 'src/main.ts': `export default ${n}\n` })
      const pushed = await push()
      assert.equal(pushed.exitCode, 0, pushed.stderr)
    }
    assert.equal((await readdir(sandbox().releases)).length, 2)
  })

  it('make room on the disk by removing old releases first, and then say how much there is of what', async () => {
    give({ disk: 500 * KIB })
    const commits: string[] = []
    for (let n = 0; n < 4; n++) {
      commits.push(await commitFiles(client, { 'src/main.ts': `export default ${n + 10}\n`, data: noise(150) }))
      const pushed = await push()
      assert.equal(pushed.exitCode, 0, pushed.stderr)
      if (n === 3)
        assert.match(pushed.stderr, /disk: \d old releases? removed to make room, \d+ KiB \(quota disk, yard\.yml\)/)
    }
    const live = liveRelease(sandbox())
    assert.equal(live, releaseName(commits[3]!))
    const kept = await readdir(sandbox().releases)
    assert.ok(!kept.includes(releaseName(commits[0]!)) && kept.includes(releaseName(commits[2]!)), kept.join())

    yard.repositoryBytes = { dev1: 300 * KIB }
    await commitFiles(client, { data: noise(200) })
    const refused = await push()
    assert.equal(refused.exitCode, 1)
    const said =
      /refused: dev1 has 4\d\d KiB on the disk \(live releases 1\d\d KiB, repositories 300 KiB\) and this commit needs 20\d KiB more, at most 500 KiB \(quota disk, yard\.yml\)/
    assert.match(remoteSaid(refused).join('\n'), said)
    assert.equal(liveRelease(sandbox()), live)
    assert.ok((await readdir(sandbox().releases)).includes(releaseName(commits[2]!)), 'nothing was removed for nothing')
  })

  it('take no part where a commit is there already', async () => {
    const commit = await commitFiles(client, { 'src/main.ts': 'export default 20\n', data: noise(100) })
    assert.equal((await push()).exitCode, 0)
    await commitFiles(client, { 'src/main.ts': 'export default 21\n' })
    assert.equal((await push()).exitCode, 0)
    give({ disk: 64 * KIB })
    await client.git(['reset', '--quiet', '--hard', commit])
    const back = await push()
    assert.equal(back.exitCode, 0, back.stderr)
  })
})

describe('pushes of one developer that wait', function () {
  this.timeout(60_000)

  it('are replaced by the newest, and told so', async () => {
    const yard = await createFakeYard()
    const clients: Client[] = []
    try {
      let letGo: () => void = () => {}
      const held = new Promise<void>((resolve) => {
        letGo = resolve
      })
      let booting = 0
      let full: () => void = () => {}
      const bothBoot = new Promise<void>((resolve) => {
        full = resolve
      })
      yard.whileBooting = () => {
        if (++booting === 2) full()
        return booting <= 2 ? held : Promise.resolve()
      }
      const push = async (developer: string, text: string, env = {}) => {
        const client = await createClient(yard.layout.repository('socketserver'))
        clients.push(client)
        await commitFiles(client, { 'src/main.ts': `export default '${text}'\n` })
        return client.git(['push', '--force', 'origin', `HEAD:refs/heads/${developer}`], { as: developer, env })
      }
      const working = [push('dev1', 'first'), push('dev2', 'other')]
      await bothBoot
      const older = push('dev1', 'second')
      await yard.waits(1)
      const newer = push('dev1', 'third')
      const replaced = await older
      assert.equal(replaced.exitCode, 1)
      assert.match(replaced.stderr, /waiting: 2 pushes before yours/)
      assert.match(replaced.stderr, /refused: a newer push of yours to socketserver took over while this one waited/)
      letGo()
      for (const each of await Promise.all(working)) assert.equal(each.exitCode, 0, each.stderr)
      // It was made before the branch was there: that, too, is told.
      assert.match(
        (await newer).stderr,
        /refused: refs\/heads\/dev1 has moved to [0-9a-f]{12} \("A change", by Ana, .* ago\)/,
      )
    } finally {
      await Promise.all(clients.map((client) => client.close()))
      await yard.close()
    }
  })
})
