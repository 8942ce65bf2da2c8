import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { EdgeyardError } from '../../servers/contract/errors.ts'
import type { YardStatus } from '../control/protocol.ts'
import { type ControlHandlers, serveControl } from '../control/serve.ts'
import { ensureRepositories } from '../git/repositories.ts'
import type { Daemon } from '../supervisor/daemon.ts'
import { holdRoot } from '../supervisor/hold-root.ts'
import { type CommandContext, createContext } from './context.ts'
import type { SignalSource, StopSignal } from './stop-on-signals.ts'
import { prepareRoot, up } from './up.ts'

/** A moment that a test waits for. */
function moment<T = void>() {
  let reach: (value: T) => void = () => {}
  const reached = new Promise<T>((resolve) => {
    reach = resolve
  })
  return { reach, reached }
}

const unknownVerb = async () => {
  throw new EdgeyardError('PROTOCOL', 'Cannot do "up": there is no such verb')
}

describe('up', () => {
  let folder: string
  let context: CommandContext
  let told: string[]
  let printed: string[]
  /** Resolved with every text that is told. */
  let onTold: (text: string) => void

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'edgeyard-up-'))
    told = []
    printed = []
    onTold = () => {}
    const terminal = {
      print: (text: string) => void printed.push(text),
      tell: (text: string) => {
        told.push(text)
        onTold(text)
      },
      paint: (_style: string, text: string) => text,
      paintTold: (_style: string, text: string) => text,
    }
    context = createContext({ root: 'yard', cwd: folder, terminal, projectRoot: folder, command: 'edgeyard' })
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))

  const statusOf = (root: string): YardStatus => ({
    root,
    version: '1.2.3',
    pid: 4711,
    ssh: { host: '127.0.0.1', port: 2222 },
    viewer: { url: 'http://127.0.0.1:8088/', pid: 11 },
    mysql: { socket: '/s', host: null, port: null, pid: 12 },
    redis: [{ developer: 'dev1', port: 6381, pid: 13 }],
    common: { commit: null },
    services: [],
    sandboxes: [
      {
        server: 'socketserver',
        developer: 'dev1',
        state: 'ready',
        reason: null,
        url: 'ws://127.0.0.1:1081/hhl',
        port: 1081,
        pid: 14,
        release: 'abc',
        commit: null,
        common: null,
        uptimeMs: 1,
        rssBytes: 1,
        restarts: 0,
      },
    ],
  })

  /** A daemon that stops when it is let. */
  const fakeDaemon = () => {
    const asked = moment()
    const mayStop = moment()
    const stopped = moment()
    const daemon: Daemon = {
      status: async () => statusOf(context.layout.root),
      stop: async () => {
        asked.reach()
        await mayStop.reached
        stopped.reach()
      },
      stopped: stopped.reached.then(() => 'stopped' as const),
    }
    return { daemon, asked: asked.reached, mayStop: mayStop.reach }
  }
  const fakeSignals = () => {
    const listeners = new Set<() => void>()
    const killed: number[] = []
    const exited = moment<number>()
    let clock = 0
    const source: SignalSource = {
      on: (_signal: StopSignal, listener) => void listeners.add(listener),
      off: (_signal: StopSignal, listener) => void listeners.delete(listener),
      exit: exited.reach,
      kill: (pid) => void killed.push(pid),
      now: () => clock,
    }
    return {
      source,
      killed,
      exited: exited.reached,
      listeners,
      /** Ctrl-C, so long after the last. */
      press: (afterMs = 1000) => {
        clock += afterMs
        for (const listener of listeners) listener()
      },
    }
  }
  const nextTold = (pattern: RegExp) =>
    new Promise<string>((resolve) => {
      onTold = (text) => {
        if (pattern.test(text)) resolve(text)
      }
    })

  it('prints the table, the remotes, the viewer and where keys go, and stops in order on Ctrl-C', async () => {
    const { daemon, asked, mayStop } = fakeDaemon()
    const signals = fakeSignals()
    const ready = nextTold(/^Ready/)
    const ended = up(
      context,
      {},
      { loadDaemon: async () => async () => daemon, announcer: null, signals: signals.source },
    )
    await ready
    const table = printed.join('\n')
    for (const part of [
      /DEVELOPER +SERVER +URL +PORT +STATE +RELEASE/,
      /dev1 +socketserver +ws:\/\/127\.0\.0\.1:1081\/hhl +1081 +ready +abc/,
      /ssh:\/\/git@127\.0\.0\.1:2222\/socketserver/,
      /http:\/\/127\.0\.0\.1:8088\//,
      /dev key add/,
    ]) {
      assert.match(table, part)
    }
    signals.press()
    await asked
    mayStop()
    assert.equal(await ended, 0)
    assert.equal(told.at(-1), 'Stopped')
    assert.equal(signals.listeners.size, 0)
  })

  it('says on the second Ctrl-C what it waits for, kills what is left on the third, and takes an echo for nothing', async () => {
    const { daemon, asked, mayStop } = fakeDaemon()
    const signals = fakeSignals()
    const ready = nextTold(/^Ready/)
    const ended = up(
      context,
      {},
      { loadDaemon: async () => async () => daemon, announcer: null, signals: signals.source },
    )
    await ready
    signals.press()
    signals.press(10)
    await asked
    const waiting = nextTold(/^Waiting/)
    signals.press()
    assert.equal(
      await waiting,
      'Waiting for socketserver of dev1 (pid 14), Redis of dev1 (pid 13), the log viewer (pid 11), MariaDB (pid 12); Ctrl-C once more kills what is left',
    )
    signals.press()
    assert.equal(await signals.exited, 1)
    assert.deepEqual(signals.killed, [14, 13, 11, 12])
    mayStop()
    await ended
  })

  it('stops what has started when Ctrl-C comes while it starts', async () => {
    const { daemon, mayStop } = fakeDaemon()
    const signals = fakeSignals()
    const started = moment<Daemon>()
    const loading = moment()
    const ended = up(
      context,
      {},
      {
        loadDaemon: async () => () => {
          loading.reach()
          return started.reached
        },
        announcer: null,
        signals: signals.source,
      },
    )
    await loading.reached
    await new Promise((resolve) => setImmediate(resolve))
    signals.press()
    mayStop()
    started.reach(daemon)
    assert.equal(await ended, 0)
    assert.deepEqual(printed, [])
  })

  describe('of a yard that somebody else has started', () => {
    /** `up` beside a daemon with these handlers, and what whoever waits for a background start hears. */
    const upBeside = async (handlers: Partial<ControlHandlers>) => {
      const control = await serveControl(context.layout.control, handlers as ControlHandlers)
      const news: string[] = []
      const announcer = {
        progress: (line: string) => void news.push(line),
        ready: () => void news.push('ready'),
        failed: () => void news.push('failed'),
      }
      const loadDaemon = async () => assert.fail('it was started again')
      try {
        const exitCode = await up(context, {}, { loadDaemon, announcer, signals: fakeSignals().source })
        return { exitCode, news }
      } finally {
        await control.close()
      }
    }
    const status = async () => statusOf(context.layout.root)

    it('shows it and starts nothing', async () => {
      const { exitCode, news } = await upBeside({ status, up: async () => ({}) })
      assert.equal(exitCode, 0)
      assert.match(told.join('\n'), /is up already \(pid 4711\)/)
      assert.match(printed.join('\n'), /1081/)
      assert.equal(news.at(-1), 'ready')
    })

    it('waits until it is up, and shows how it comes up', async () => {
      const isUp = moment()
      const shown = nextTold(/^mariadb is ready$/)
      const ended = upBeside({
        status,
        up: async (_params, progress) => {
          progress('mariadb is ready')
          await isUp.reached
          return {}
        },
      })
      await shown
      assert.deepEqual(printed, [])
      isUp.reach()
      const { exitCode, news } = await ended
      assert.equal(exitCode, 0)
      assert.match(printed.join('\n'), /1081/)
      assert.deepEqual([news[0], news.at(-1)], ['mariadb is ready', 'ready'])
    })

    it('fails as that start does', async () => {
      const failing = async () => {
        throw new EdgeyardError('PORT_TAKEN', 'Cannot use port 1081')
      }
      await assert.rejects(upBeside({ status, up: failing }), { code: 'PORT_TAKEN', message: 'Cannot use port 1081' })
      assert.deepEqual(printed, [])
    })

    it('waits for the end of one that is going down, and starts then', async () => {
      const held = await holdRoot(context.layout.root)
      const goingDown = async () => {
        throw new EdgeyardError('YARD_NOT_RUNNING', 'The yard is going down')
      }
      const handlers: Partial<ControlHandlers> = { status, up: goingDown }
      const control = await serveControl(context.layout.control, handlers as ControlHandlers)
      const waits = nextTold(/going down/)
      const { daemon, mayStop } = fakeDaemon()
      const signals = fakeSignals()
      let hasEnded = false
      const loadDaemon = async () => async () => {
        assert.equal(hasEnded, true)
        return daemon
      }
      const ended = up(context, {}, { loadDaemon, announcer: null, signals: signals.source })
      assert.match(await Promise.race([waits, ended.then(String)]), new RegExp(`^Waiting .*\\(pid ${process.pid}\\)`))
      const ready = nextTold(/^Ready/)
      hasEnded = true
      await control.close()
      await held.letGo()
      await ready
      signals.press()
      mayStop()
      assert.equal(await ended, 0)
      assert.doesNotMatch(told.join('\n'), /is up already/)
    })

    it('shows that of a daemon before this edgeyard, which cannot be waited for', async () => {
      assert.equal((await upBeside({ status, up: unknownVerb })).exitCode, 0)
    })
  })

  it('remembers ports and host in yard.yml and hands the settings on', async () => {
    const signals = fakeSignals()
    const seen: unknown[] = []
    const failing = up(
      context,
      { portsFrom: 20_000, host: '127.0.0.2' },
      {
        loadDaemon:
          async () =>
          async ({ root, settings }) => {
            seen.push(root, settings.sshPort, settings.host)
            throw new Error('enough')
          },
        announcer: null,
        signals: signals.source,
      },
    )
    await assert.rejects(failing, /enough/)
    assert.deepEqual(seen, [context.layout.root, 20_000, '127.0.0.2'])
    assert.equal(await readFile(context.layout.settings, 'utf8'), 'host: 127.0.0.2\nports_from: 20000\n')
    assert.equal(signals.listeners.size, 0)
  })

  it('takes other ports after a first start that set nothing up, and refuses them after one that did', async () => {
    const { layout } = context
    await prepareRoot(context, { portsFrom: 20_000 })
    await ensureRepositories(layout)
    await prepareRoot(context, { portsFrom: 21_000 })
    assert.equal(await readFile(layout.settings, 'utf8'), 'ports_from: 21000\n')
    await writeFile(join(layout.repository('serverctrl'), 'refs', 'heads', 'master'), `${'a'.repeat(40)}\n`)
    await assert.rejects(prepareRoot(context, { portsFrom: 22_000 }), { code: 'YARD_SETTINGS' })
    assert.equal(await readFile(layout.settings, 'utf8'), 'ports_from: 21000\n')
  })
})
