// Ctrl-C, once: everything stops, in order. Twice: what it waits for. Three times: what is left is killed.
import { messageOf } from '../../servers/contract/errors.ts'
import type { YardStatus } from '../control/protocol.ts'
import type { Daemon } from '../supervisor/daemon.ts'
import type { Terminal } from './terminal.ts'

/** `process`, or a test. */
export interface SignalSource {
  on(signal: StopSignal, listener: () => void): unknown
  off(signal: StopSignal, listener: () => void): unknown
  /** Ends this process. */
  exit(code: number): void
  kill(pid: number): void
  now(): number
}

export type StopSignal = 'SIGINT' | 'SIGTERM' | 'SIGHUP'

/** A closed terminal means the same as Ctrl-C in it. */
const SIGNALS: readonly StopSignal[] = ['SIGINT', 'SIGTERM', 'SIGHUP']

/** `npm start` hands Ctrl-C on although the terminal has sent it to everybody: two so close together are one. */
const ECHO_MS = 300

export function stopOnSignals(
  source: SignalSource,
  options: { starting: Promise<Daemon>; terminal: Terminal; lastLine(): string },
): { asked(): boolean; finished(): Promise<void>; release(): void } {
  const { starting, terminal, lastLine } = options
  let times = 0
  let last = Number.NEGATIVE_INFINITY
  let stopping: Promise<void> = Promise.resolve()

  const onSignal = () => {
    const now = source.now()
    const echo = now - last < ECHO_MS
    last = now
    if (echo) return
    times++
    if (times === 1) {
      terminal.tell('Stopping; Ctrl-C again shows what it waits for')
      stopping = starting.then((daemon) => daemon.stop())
      stopping.catch((error: unknown) => {
        terminal.tell(`Cannot stop in order: ${messageOf(error)}`)
        source.exit(1)
      })
    } else if (times === 2) {
      waitingFor(starting, lastLine).then((text) => terminal.tell(`${text}; Ctrl-C once more kills what is left`))
    } else {
      killRest(starting, source).finally(() => source.exit(1))
    }
  }
  for (const signal of SIGNALS) source.on(signal, onSignal)
  return {
    asked: () => times > 0,
    finished: () => stopping,
    release: () => {
      for (const signal of SIGNALS) source.off(signal, onSignal)
    },
  }
}

async function waitingFor(starting: Promise<Daemon>, lastLine: () => string): Promise<string> {
  const status = await quickStatus(starting)
  const names = status === null ? [] : runningPids(status).map(({ name, pid }) => `${name} (pid ${pid})`)
  return names.length === 0 ? `Waiting: ${lastLine()}` : `Waiting for ${names.join(', ')}`
}

async function killRest(starting: Promise<Daemon>, source: SignalSource): Promise<void> {
  const status = await quickStatus(starting)
  for (const { pid } of status === null ? [] : runningPids(status)) source.kill(pid)
}

/** Null while the yard still starts, and when the daemon cannot tell any more: Ctrl-C must not wait for it. */
function quickStatus(starting: Promise<Daemon>): Promise<YardStatus | null> {
  const status = starting.then((daemon) => daemon.status()).catch(() => null)
  return Promise.race([status, new Promise<null>((resolve) => setTimeout(() => resolve(null), 500).unref())])
}

function runningPids({ sandboxes, redis, viewer, mysql }: YardStatus): { name: string; pid: number }[] {
  const all = [
    ...sandboxes.map(({ server, developer, pid }) => ({ name: `${server} of ${developer}`, pid })),
    ...redis.map(({ developer, pid }) => ({ name: `Redis of ${developer}`, pid })),
    { name: 'the log viewer', pid: viewer.pid },
    { name: 'MariaDB', pid: mysql.pid },
  ]
  return all.flatMap(({ name, pid }) => (pid === null ? [] : [{ name, pid }]))
}
