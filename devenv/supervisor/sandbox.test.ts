import assert from 'node:assert/strict'
import { chmod, readdir, readFile, readlink, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { sharesPort } from '../../servers/contract/engine.ts'
import { releaseName } from '../../servers/contract/release.ts'
import { identifyProcess } from '../exec/process-table.ts'
import { readSandboxConf } from '../sandbox/sandbox-conf.ts'
import type { Target } from './launch-sandbox.ts'
import { readRunFiles } from './run-files.ts'
import type { Sandbox } from './sandbox.ts'
import { createFakeYard, type FakeYard } from './testing/fake-yard.ts'
import { askUntil } from './within.ts'

const NAME = { server: 'socketserver', developer: 'dev1' } as const
const GOOD = ''
const WAIT = { ms: 15_000 }

describe('a sandbox', () => {
  let yard: FakeYard
  let sandbox: Sandbox
  const move = (target: Target) => sandbox.move(async () => target)
  const pid = () => sandbox.pid ?? assert.fail('it does not run')
  const isGone = (number: number) => askUntil(() => identifyProcess(number) === null, WAIT)
  beforeEach(async () => {
    yard = await createFakeYard()
    sandbox = await yard.sandbox(NAME)
  })
  afterEach(async () => {
    await sandbox.close()
    await yard.remove()
  })

  it('moves to a release: it is ready, it listens, link and conf are its own', async () => {
    const target = await yard.target(NAME, 1, GOOD)
    assert.equal(await move(target), null)
    const { src, conf } = yard.context.layout.sandbox(NAME)
    assert.equal(await readlink(src), `releases/${releaseName(target.commit)}/src`)
    assert.equal(await readFile(conf, 'utf8'), target.conf.text)
    const { state, port, url, release, restarts, rssBytes } = sandbox.status()
    assert.deepEqual(
      [state, url, release, restarts],
      ['ready', `ws://127.0.0.1:${port}/`, releaseName(target.commit), 0],
    )
    assert.ok((rssBytes ?? 0) > 0)
  })

  it('takes a candidate that was booted before, and lets the old process go', async () => {
    await move(await yard.target(NAME, 1, GOOD))
    const old = pid()
    const next = await yard.target(NAME, 2, GOOD)
    assert.equal(await sandbox.boot(next), null)
    assert.equal(pid(), old, 'booting changes nothing')
    assert.equal(await move(next), null)
    assert.notEqual(pid(), old)
    assert.ok(await isGone(old))
    assert.equal(await move(next), null)
    assert.equal(sandbox.status().commit, next.commit)
  })

  it('boots in the process that was started beside the push, which sees a release that came later', async () => {
    await move(await yard.target(NAME, 1, GOOD))
    const next = await yard.target(NAME, 2, GOOD)
    const release = yard.context.layout.sandbox(NAME).release(releaseName(next.commit))
    await rename(release, `${release}.built`)
    const push = new AbortController()
    sandbox.prepare(next.conf, push.signal)
    const [prepared] = await runsBeside(pid())
    await rename(`${release}.built`, release)
    assert.equal(await sandbox.boot(next), null)
    push.abort()
    assert.equal(await move(next), null)
    assert.equal(pid(), prepared)
    assert.equal(sandbox.status().release, releaseName(next.commit))
    const [run] = (await readRunFiles(yard.context.layout)).filter((one) => one.pid === prepared)
    assert.equal(run?.commit, next.commit)
  })

  it('ends the process that was started beside a push when nothing comes of it', async () => {
    await move(await yard.target(NAME, 1, GOOD))
    const push = new AbortController()
    sandbox.prepare((await yard.target(NAME, 2, GOOD)).conf, push.signal)
    const [prepared = 0] = await runsBeside(pid())
    push.abort()
    assert.ok(await isGone(prepared))
  })

  /** The processes of the yard that were written down, beside one: there will be some. */
  async function runsBeside(one: number): Promise<number[]> {
    let others: number[] = []
    assert.ok(
      await askUntil(async () => {
        others = (await readRunFiles(yard.context.layout)).map((run) => run.pid).filter((number) => number !== one)
        return others.length > 0
      }, WAIT),
    )
    return others
  }

  it('replaces a process that says its memory has grown, new before old, and not again right after', async () => {
    const grows = `afterListen = () => say({ type: 'replace', why: 'memory' })`
    const target = await yard.target(NAME, 1, grows)
    await move(target)
    const old = pid()
    assert.ok(await askUntil(() => sandbox.pid !== null && sandbox.pid !== old, WAIT))
    const next = pid()
    assert.ok(await isGone(old))
    // It asks as well: what was just done is not done again.
    await move(target)
    assert.deepEqual([pid(), sandbox.status().commit, sandbox.status().restarts], [next, target.commit, 0])
  })

  const failures: [what: string, script: string, message: RegExp, place: number | undefined, lines: RegExp][] = [
    ['throws', 'console.log("about to"); throw new Error("no table")', /ended with exit code 1/, 1, /no table/],
    ['ends itself', 'process.exit(0)', /ended with exit code 0/, 1, /^$/],
    [
      'says what is the matter',
      `\nready = false; say({ type: 'failed', failure: { phase: 'start', code: 'SCRIPT_START_FAILED', message: 'no port',
        at: { file: 'src/main.ts', line: 2, column: 3 } } }); setTimeout(() => process.exit(1), 5)`,
      /^no port$/,
      2,
      /^$/,
    ],
    ['says nonsense', `ready = false; channel.write('nonsense\\n')`, /Cannot understand/, undefined, /^$/],
    [
      'listens before it was told to',
      `ready = false; say({ type: 'listening', port: 7 })`,
      /out of turn/,
      undefined,
      /^$/,
    ],
    ['floods the channel', `ready = false; channel.write('x'.repeat(100000))`, /longer than/, undefined, /^$/],
  ]
  for (const [what, script, message, place, lines] of failures) {
    it(`keeps the old release when the new one ${what}, and says why`, async () => {
      await move(await yard.target(NAME, 1, GOOD))
      const before = sandbox.status()
      const failure = await move(await yard.target(NAME, 2, script))
      assert.match(failure?.message ?? '', message)
      assert.equal(failure?.diagnostic?.line, place)
      if (place !== undefined) assert.equal(failure?.diagnostic?.lineText, script.split('\n')[place - 1])
      assert.match(failure?.lastLines.join('\n') ?? '', lines)
      const after = sandbox.status()
      assert.deepEqual([after.pid, after.commit, after.state], [before.pid, before.commit, 'ready'])
      assert.deepEqual(await processFiles(), [`socketserver-dev1.${before.pid}.json`], 'nothing of the try is left')
    })
  }

  describe('whose engine cannot share a port (node before libuv 1.49)', () => {
    // A process that has the port alone, and lets go of it when it is asked to end.
    const alone = `takePort = (done) => require('node:net').createServer().on('error', (error) => say({ type: 'failed',
      failure: { phase: 'listen', code: 'PORT_TAKEN', message: error.code } })).listen({ port, host: '127.0.0.1', exclusive: true }, done)`
    before(function () {
      if (sharesPort('node')) this.skip()
    })

    it('lets the old process go before the new one listens', async () => {
      await move(await yard.target(NAME, 1, alone, 'node'))
      const old = pid()
      const next = await yard.target(NAME, 2, alone, 'node')
      assert.equal(await move(next), null)
      assert.notEqual(pid(), old)
      assert.deepEqual([sandbox.status().state, sandbox.status().commit], ['ready', next.commit])
    })

    it('starts the old release again when the new one does not listen, says so, and does not try that by itself again', async () => {
      const good = await yard.target(NAME, 1, alone, 'node')
      await move(good)
      const old = pid()
      const bad = await yard.target(
        NAME,
        2,
        `takePort = () => { say({ type: 'failed', failure: { phase: 'listen', code: 'X', message: 'no port' } }); process.exit(1) }`,
        'node',
      )
      const failure = await move(bad)
      const name = releaseName(good.commit)
      assert.equal(
        failure?.message,
        `no port; ${name} had let go of port ${good.conf.port} for it and was started again`,
      )
      assert.equal(failure?.down, undefined)
      const again = pid()
      assert.notEqual(again, old)
      assert.deepEqual([sandbox.status().state, sandbox.status().commit], ['ready', good.commit])
      assert.deepEqual([await move(bad), pid()], [failure, again])
    })

    it('says that nothing runs when the old release does not come back either', async () => {
      const once = `const { existsSync, writeFileSync } = require('node:fs'); const flag = arg('-p') + '/run/ran'
        if (existsSync(flag)) { takePort = () => { say({ type: 'failed', failure: { phase: 'listen', code: 'X', message: 'only once' } }); process.exit(1) } }
        writeFileSync(flag, '')`
      await move(await yard.target(NAME, 1, once, 'node'))
      const failure = await move(await yard.target(NAME, 2, once, 'node'))
      assert.match(failure?.message ?? '', /^only once; .* cannot be started again: only once$/)
      assert.deepEqual([failure?.down, sandbox.pid], [true, null])
    })
  })

  it('lets the later of two pushes win, whoever comes last', async () => {
    const [first, second] = [await yard.target(NAME, 1, GOOD), await yard.target(NAME, 2, GOOD)]
    let branch = first
    const one = sandbox.move(async () => branch)
    branch = second
    await Promise.all([one, sandbox.move(async () => branch)])
    assert.equal(sandbox.status().commit, second.commit)
  })

  it('stays stopped, over pushes and daemons, until it is started', async () => {
    await move(await yard.target(NAME, 1, GOOD))
    const before = pid()
    await sandbox.stop()
    assert.ok(await isGone(before))
    const next = await yard.target(NAME, 2, GOOD)
    assert.equal(await move(next), null)
    assert.deepEqual([sandbox.status().state, sandbox.pid, sandbox.status().commit], ['stopped', null, next.commit])
    yard = await yard.nextDaemon()
    sandbox = await yard.sandbox(NAME)
    await move(next)
    assert.equal(sandbox.pid, null)
    await sandbox.allow()
    await move(next)
    assert.equal(sandbox.status().state, 'ready')
  })

  it('is adopted by the next daemon, and watched as before', async () => {
    const target = await yard.target(NAME, 1, GOOD)
    await move(target)
    const before = pid()
    yard = await yard.nextDaemon()
    const first = sandbox
    sandbox = await yard.sandbox(NAME)
    first.see(target)
    assert.equal(await move(target), null)
    assert.equal(sandbox.pid, before)
    process.kill(before, 'SIGKILL')
    const back = () => {
      yard.clock.advance(yard.clock.next() ?? 0)
      return sandbox.pid !== null && sandbox.pid !== before
    }
    assert.ok(await askUntil(back, WAIT))
    await first.close()
  })

  it('takes the port over from a process that an older version started as another user (as root)', async function () {
    if (!yard.context.asRoot || yard.context.isolation.kind === 'none') return this.skip()
    await move(await yard.target(NAME, 1, GOOD))
    const before = pid()
    const { port } = (await yard.target(NAME, 1, GOOD)).conf
    yard = await yard.nextDaemon()
    const first = sandbox
    // A sandbox's user; so far it had that of its developer.
    sandbox = await yard.sandbox(NAME, 22_001)
    const { commit, conf } = await yard.target(NAME, 2, GOOD)
    const text = conf.text.replace(/127.0.0.1:\d+/, `127.0.0.1:${port}`)
    assert.equal(await move({ commit, conf: readSandboxConf(NAME, text) }), null)
    assert.notEqual(sandbox.pid, before)
    await first.close()
  })

  it('says who has its port', async () => {
    const target = await yard.target(NAME, 1, GOOD)
    const { createServer } = await import('node:net')
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(target.conf.port, '127.0.0.1', resolve))
    const failure = await move(target)
    assert.match(failure?.message ?? '', new RegExp(`port ${target.conf.port} .*in use by pid ${process.pid}`))
    assert.equal(sandbox.status().state, 'failed')
    await new Promise((resolve) => server.close(resolve))
    const tried = () => {
      yard.clock.advance(yard.clock.next() ?? 0)
      return sandbox.status().state === 'ready'
    }
    assert.ok(await askUntil(tried, WAIT), 'and takes it when it is free')
  })

  it('reads nothing of the yard but its own release and conf, and writes nothing but its run folder (as root, with bubblewrap)', async function () {
    const { isolation, layout } = yard.context
    if (isolation.kind !== 'bubblewrap' || !isolation.setsUid) this.skip()
    const other = { ...NAME, developer: 'dev2' }
    const others = await yard.sandbox(other, 20_002)
    const theirs = await yard.target(other, 1, 'setInterval(() => {}, 1000)')
    await others.move(async () => theirs)
    // The strongest case: not even the modes of the files keep others out.
    await chmod(layout.sandbox(other).releases, 0o755)
    const places = {
      release: join(layout.sandbox(other).releases),
      conf: layout.sandbox(other).conf,
      logs: layout.logs('socketserver', 'dev1'),
      state: layout.state,
      git: layout.hooks,
      keys: layout.keys,
      control: layout.run,
      stderr: join(layout.run, 'stderr'),
    }
    const own = { mine: layout.sandbox(NAME).folder, ownConf: join(layout.sandbox(NAME).folder, 'conf') }
    const script = `
      const attempt = (what) => { try { return what() } catch (error) { return error.code } }
      const fs = require('node:fs')
      const seen = Object.fromEntries(Object.entries(${JSON.stringify({ ...places, ...own })}).map(([name, path]) =>
        [name, attempt(() => fs.statSync(path).isDirectory() ? fs.readdirSync(path) : fs.readFileSync(path))]))
      seen.signal = attempt(() => process.kill(${others.pid}, 0))
      seen.processes = fs.readdirSync('/proc').filter((name) => /^[0-9]+$/.test(name))
      seen.writeConf = attempt(() => fs.writeFileSync(arg('-c'), ''))
      seen.writeRelease = attempt(() => fs.writeFileSync(arg('--release') + '/x', ''))
      fs.writeFileSync(arg('-p') + '/run/seen.json', JSON.stringify(seen))`
    assert.equal(await move(await yard.target(NAME, 1, script)), null)
    const seen = JSON.parse(await readFile(join(layout.sandbox(NAME).run, 'seen.json'), 'utf8')) as Record<
      string,
      unknown
    >
    assert.deepEqual(seen, {
      ...{ release: 'ENOENT', conf: 'ENOENT', logs: 'ENOENT', state: 'ENOENT', git: 'ENOENT', keys: 'ENOENT' },
      ...{ control: ['log', 'redis'], stderr: 'ENOENT', mine: ['conf', 'releases', 'run'], ownConf: seen.ownConf },
      ...{ signal: 'ESRCH', processes: ['1'], writeConf: 'EROFS', writeRelease: 'EROFS' },
    })
    await others.close()
  })

  async function processFiles(): Promise<string[]> {
    return (await readdir(join(yard.context.layout.run, 'processes'))).sort()
  }
})
