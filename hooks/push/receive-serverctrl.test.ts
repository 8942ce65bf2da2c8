// Pushes of configuration, on real git: what may change, what is booted, what is said.
import assert from 'node:assert/strict'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { runOk } from '../../devenv/exec/run-command.ts'
import { releaseName } from '../../servers/contract/release.ts'
import {
  type Client,
  commitFiles,
  createClient,
  createFakeYard,
  type FakeYard,
  remoteSaid,
} from '../testing/fake-yard.ts'

describe('a push to serverctrl', () => {
  let yard: FakeYard
  let client: Client

  before(async () => {
    yard = await createFakeYard()
    const scripts = await createClient(yard.layout.repository('socketserver'))
    await commitFiles(scripts, { 'src/main.ts': 'export default 1\n', 'src/extra.ts': 'export default 2\n' })
    const pushed = await scripts.git(['push', 'origin', 'dev1:dev1', 'dev1:dev2', 'dev1:master'])
    assert.equal(pushed.exitCode, 0, pushed.stderr)
    await scripts.close()
    // The daemon's part of a switch: each conf lies where its server reads it.
    for (const { conf, ...name } of yard.booted) {
      const file = yard.layout.sandbox(name).conf
      await mkdir(dirname(file), { recursive: true })
      await writeFile(file, conf)
    }
  })
  after(() => yard.close())
  beforeEach(async () => {
    client = await createClient(yard.layout.repository('serverctrl'))
    await client.git(['fetch', '--quiet', 'origin'])
    await client.git(['reset', '--quiet', '--hard', 'origin/master'])
    yard.booted.length = 0
  })
  afterEach(() => client.close())

  async function edit(file: string, change: (text: string) => string): Promise<void> {
    const text = await readFile(join(client.folder, file), 'utf8')
    assert.notEqual(change(text), text)
    await commitFiles(client, { [file]: change(text) })
  }
  const addTo = (section: string, entry: string) => (text: string) =>
    text.replace(`\n${section}: {`, `\n${section}: { ${entry},`)

  it('boots just the sandbox whose conf a developer changes for themselves', async () => {
    await edit('socketserver.values.yaml', addTo('dev1', 'LOG_LEVEL: debug'))
    const pushed = await client.git(['push', 'origin', 'HEAD:refs/heads/dev1'], { as: 'dev1' })
    assert.equal(pushed.exitCode, 0, pushed.stderr)
    assert.deepEqual(
      yard.booted.map(({ server, developer }) => `${server}/${developer}`),
      ['socketserver/dev1'],
    )
    assert.match(yard.booted[0]!.conf, /tag=socketserver" debug;/)
    assert.ok(yard.asked.includes('switch serverctrl/dev1'))
  })

  it('boots nobody without code, and everybody with code when the operator changes the template', async () => {
    await edit('socketserver.conf.hbs', (text) => text.replace('return 200 "ok\\n"', 'return 200 "fine\\n"'))
    const pushed = await client.git(['push', 'origin', 'HEAD:refs/heads/master'])
    assert.equal(pushed.exitCode, 0, pushed.stderr)
    assert.deepEqual(
      yard.booted.map(({ server, developer }) => `${server}/${developer}`),
      ['socketserver/master', 'socketserver/dev1', 'socketserver/dev2'],
    )
  })

  it('is refused when the new conf runs what is not there', async () => {
    await edit('socketserver.conf.hbs', (text) => text.replace('script src/main.ts;', 'script src/other.ts;'))
    const pushed = await client.git(['push', 'origin', 'HEAD:refs/heads/master'])
    assert.equal(pushed.exitCode, 1)
    assert.match(pushed.stderr, /Cannot find src\/other.ts, which the conf runs/)
    assert.deepEqual(yard.booted, [])
  })

  const REFUSED: readonly [
    title: string,
    file: string,
    change: (text: string) => string,
    as: string | undefined,
    says: RegExp,
  ][] = [
    [
      'an unknown directive',
      'socketserver.conf.hbs',
      (text) => text.replace('worker_connections', 'worker_conections'),
      undefined,
      /worker_connections/,
    ],
    [
      'an unknown name',
      'socketserver.conf.hbs',
      (text) => text.replace('{{LISTEN}}', '{{LISTEM}}'),
      undefined,
      /socketserver\.conf\.hbs:\d+:\d+: .*LISTEM/,
    ],
    [
      "a value that Redis cannot read, which would end everybody's Redis",
      'redis.values.yaml',
      (text) => text.replace('MAXMEMORY: 64mb', 'MAXMEMORY: lots'),
      undefined,
      /redis\.conf \(master\):19:1: Redis cannot read this: argument must be a memory value\n {2}maxmemory lots\n {2}\^+\nrefused/,
    ],
    [
      'a line that Redis cannot read, without showing the password in it',
      'redis.conf.hbs',
      (text) => text.replace('{{MAXCLIENTS}}', '{{REDIS_PASSWORD}}'),
      undefined,
      /Redis cannot read this: argument couldn't be parsed into an integer\n {2}maxclients \*\*\*\n/,
    ],
    [
      'a value that rsyslogd cannot read',
      'rsyslog.values.yaml',
      (text) => text.replace(/QUEUE_SIZE: \d+/, 'QUEUE_SIZE: lots'),
      undefined,
      /rsyslog\.conf:\d+:1: rsyslogd cannot read what ends here: parameter 'queue.size' does not contain a valid size/,
    ],
    [
      'an override that master lacks',
      'socketserver.values.yaml',
      addTo('dev1', 'NOTHING: 1'),
      undefined,
      /socketserver\.values\.yaml:\d+:\d+: .*NOTHING/,
    ],
    [
      'a port that is taken',
      'dtserver.values.yaml',
      (text) => text.replace(/LISTEN: 1181/, 'LISTEN: 1081'),
      undefined,
      /1081/,
    ],
    [
      "another's section by a developer",
      'socketserver.values.yaml',
      addTo('dev2', 'LOG_LEVEL: debug'),
      'dev1',
      /dev1:socketserver\.values\.yaml:\d+:\d+: /,
    ],
    [
      'a key that is not theirs by a developer',
      'socketserver.values.yaml',
      addTo('dev1', 'WORKER_CONNECTIONS: 9'),
      'dev1',
      /dev1:socketserver\.values\.yaml:\d+:\d+: /,
    ],
    [
      'a template by a developer',
      'socketserver.conf.hbs',
      (text) => `${text}\n`,
      'dev1',
      /This file may not be changed on the branch of dev1/,
    ],
  ]
  for (const [title, file, change, as, says] of REFUSED) {
    it(`is refused for ${title}`, async () => {
      await edit(file, change)
      const pushed = await client.git(
        ['push', 'origin', `+HEAD:refs/heads/${as ?? 'master'}`],
        as === undefined ? {} : { as },
      )
      assert.equal(pushed.exitCode, 1, pushed.stderr)
      assert.match(remoteSaid(pushed).join('\n'), says)
      assert.equal(remoteSaid(pushed).at(-1), 'refused: no conf was changed, everything runs on as it was')
      assert.deepEqual(yard.booted, [])
    })
  }

  it('is refused when it is no configuration at all', async () => {
    await commitFiles(client, Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`${index}.txt`, 'x'])))
    const many = await client.git(['push', 'origin', 'HEAD:refs/heads/master'])
    assert.match(many.stderr, /at most 200/)
    await client.git(['reset', '--quiet', '--hard', 'origin/master'])
    await commitFiles(client, { 'big.txt': 'x'.repeat(2 * 1024 * 1024) })
    const big = await client.git(['push', 'origin', 'HEAD:refs/heads/master'])
    assert.match(big.stderr, /Cannot take big.txt: it is larger/)
  })

  it('is refused for what lies in its folders, too, as a push of scripts is', async () => {
    for (const [path, says] of [
      ['notes/a\nM 100644 inline b', /control character/],
      [`${'deep/'.repeat(40)}x`, /folders deep/],
    ] as const) {
      await client.git(['reset', '--quiet', '--hard', 'origin/dev1'])
      await commitFiles(client, { [path]: 'x' })
      const pushed = await client.git(['push', 'origin', 'HEAD:refs/heads/dev1'], { as: 'dev1' })
      assert.equal(pushed.exitCode, 1)
      assert.match(remoteSaid(pushed).join('\n'), says)
    }
  })

  it('has a status, and nothing to restart', async () => {
    const status = await client.git(['push', 'origin', 'HEAD:refs/ctl/status'], { as: 'dev2' })
    assert.equal(status.exitCode, 0, status.stderr)
    assert.match(status.stderr, /dev2 {7}socketserver/)
    const restart = await client.git(['push', 'origin', 'HEAD:refs/ctl/restart'], { as: 'dev2' })
    assert.equal(restart.exitCode, 1)
    assert.match(
      restart.stderr,
      /dev2 may push to refs\/heads\/dev2 and refs\/ctl\/\{status,redis\/restart,redis\/flush\} only/,
    )
  })

  it('asks nothing of a sandbox that lags behind its conf, unless it changes that', async () => {
    const lagging = yard.layout.sandbox({ server: 'socketserver', developer: 'dev2' }).conf
    const conf = await readFile(lagging, 'utf8')
    await writeFile(lagging, '# as it was yesterday')
    try {
      await edit('dtserver.values.yaml', (text) => text.replace(/(WORKER_CONNECTIONS): *\d+/, '$1: 777'))
      const pushed = await client.git(['push', 'origin', 'HEAD:refs/heads/master'])
      assert.equal(pushed.exitCode, 0, pushed.stderr)
      assert.deepEqual(yard.booted, [])
    } finally {
      await writeFile(lagging, conf)
    }
  })

  it("is not judged by another's branch that did not fit before, but by what it brings itself", async () => {
    const repository = yard.layout.repository('serverctrl')
    const before = await client.git(['rev-parse', 'HEAD'])
    await edit('socketserver.values.yaml', addTo('dev2', 'IDLE_TIMEOUT: 5s'))
    // As git moves a ref, without hooks: as two pushes at once would leave it.
    await runOk({ file: 'git', args: ['-C', repository, 'fetch', '-q', client.folder, '+HEAD:refs/heads/dev2'] })
    try {
      const again = await client.git(['commit', '--quiet', '--allow-empty', '--message=Again'])
      assert.equal(again.exitCode, 0)
      const refused = await client.git(['push', '--force', 'origin', 'HEAD:refs/heads/dev2'], { as: 'dev2' })
      assert.match(refused.stderr, /dev2:socketserver\.values\.yaml:\d+:\d+: "5s" is out of range/)
      await client.git(['reset', '--quiet', '--hard', before.stdout.toString().trim()])
      await edit('socketserver.values.yaml', addTo('dev1', 'LOG_LEVEL: warn'))
      const pushed = await client.git(['push', '--force', 'origin', 'HEAD:refs/heads/dev1'], { as: 'dev1' })
      assert.equal(pushed.exitCode, 0, pushed.stderr)
      assert.match(yard.booted.map(({ server, developer }) => `${server}/${developer}`).join(), /^socketserver\/dev1$/)
    } finally {
      await runOk({ file: 'git', args: ['-C', repository, 'update-ref', '-d', 'refs/heads/dev2'] })
    }
  })

  it("is refused when the developer's branches hold more than they may", async () => {
    yard.repositoryBytes = { dev1: 2 ** 40 }
    try {
      await edit('socketserver.values.yaml', addTo('dev1', 'LOG_LEVEL: debug'))
      const pushed = await client.git(['push', '--force', 'origin', 'HEAD:refs/heads/dev1'], { as: 'dev1' })
      assert.equal(pushed.exitCode, 1)
      assert.match(
        pushed.stderr,
        /refused: dev1 has 1024 GiB in the repositories, at most 1 GiB \(quota disk, yard\.yml\)/,
      )
    } finally {
      yard.repositoryBytes = {}
    }
  })

  it('builds what the new conf runs and the release has no build of', async () => {
    await edit('socketserver.conf.hbs', (text) => text.replace('script src/main.ts;', 'script src/extra.ts;'))
    const pushed = await client.git(['push', 'origin', 'HEAD:refs/heads/master'])
    assert.equal(pushed.exitCode, 0, pushed.stderr)
    assert.equal(yard.booted.length, 3)
    const { commit } = yard.booted[0]!
    const release = yard.layout.sandbox({ server: 'socketserver', developer: 'dev1' }).release(releaseName(commit))
    assert.deepEqual((await readdir(join(release, 'build/src'))).sort(), [
      'extra.js',
      'extra.js.map',
      'main.js',
      'main.js.map',
    ])
  })
})
