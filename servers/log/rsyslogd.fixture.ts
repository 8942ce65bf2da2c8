// A real rsyslogd from the yard's own template, in a temporary folder, for tests.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { type LogRecord, parseRecordLine } from '../contract/record.ts'

const TEMPLATES = new URL('../../../templates/', import.meta.url)
const VALUES: Readonly<Record<string, string>> = {
  RATE_LIMIT_INTERVAL: '5',
  RATE_LIMIT_BURST: '20000',
  QUEUE_SIZE: '25000',
  QUEUE_DISK: '64m',
  FILES_OPEN: '64',
  STATS_INTERVAL: '1',
  STATS_SIZE: '1000000',
}

const CHUNK_BYTES = 16 * 2 ** 20

export interface Rsyslogd {
  readonly root: string
  socket(developer: string): string
  /** Of the process that was started last. */
  pid(): number
  /** Resolves when every socket is there. */
  start(): Promise<void>
  stop(signal: NodeJS.Signals): Promise<void>
  /** The records in the files of one sandbox, or other source, without counts; none when there is no folder. */
  records(server: string, developer: string): LogRecord[]
  /** With counts. */
  lines(server: string, developer: string): LogRecord[]
  /** The same one after the other, for more of them than fit into memory. */
  eachLine(server: string, developer: string): Iterable<LogRecord>
  /** Of those files. */
  bytes(server: string, developer: string): number
  /** Ends the process and removes the folder. */
  remove(): Promise<void>
}

export interface RsyslogdOptions {
  /** Of the template, where they differ from VALUES. */
  readonly values?: Readonly<Record<string, string>>
  /** Default: the yard's own collector. */
  readonly template?: string
  /** Of an `include` in it, by their names in `<root>/rsyslog`. */
  readonly files?: Readonly<Record<string, string>>
}

/** Those that have an end. */
function* wholeLines(file: string): Generator<string> {
  const opened = openSync(file, 'r')
  try {
    const chunk = Buffer.alloc(CHUNK_BYTES)
    let rest: Buffer = Buffer.alloc(0)
    for (let read = readSync(opened, chunk); read > 0; read = readSync(opened, chunk)) {
      const bytes = Buffer.concat([rest, chunk.subarray(0, read)])
      const end = bytes.lastIndexOf(10) + 1
      rest = bytes.subarray(end)
      if (end > 0) yield* bytes.toString('utf8', 0, end - 1).split('\n')
    }
  } finally {
    closeSync(opened)
  }
}

/** Each developer has the uid that follows the one before, from 20000 on, when the test is root. */
export function createRsyslogd(developers: readonly string[], options: RsyslogdOptions = {}): Rsyslogd {
  const { values = {}, template = 'rsyslog.conf.hbs', files: extra = {} } = options
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'edgeyard-log-')))
  mkdirSync(join(root, 'run/log'), { recursive: true })
  for (const folder of ['rsyslog/work', 'edgeyard/master/stats']) mkdirSync(join(root, folder), { recursive: true })
  const conf = join(root, 'rsyslog/rsyslog.conf')
  writeFileSync(conf, renderRsyslogTemplate(template, developers, { ...VALUES, ...values, ROOT: root }))
  for (const [name, text] of Object.entries(extra)) writeFileSync(join(root, 'rsyslog', name), text)
  const pidFile = join(root, 'run/rsyslogd.pid')
  const socket = (developer: string) => join(root, 'run/log', `${developer}.sock`)
  let child: ChildProcess | undefined
  const stop = async (signal: NodeJS.Signals) => {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const exited = once(child, 'exit')
    child.kill(signal)
    await exited
  }
  const files = (server: string, developer: string) => {
    const folder = join(root, server, developer, 'logs')
    return existsSync(folder)
      ? readdirSync(folder)
          .sort()
          .map((file) => join(folder, file))
      : []
  }
  function* eachLine(server: string, developer: string) {
    for (const file of files(server, developer)) {
      for (const line of wholeLines(file)) yield parseRecordLine(line, { server, developer })
    }
  }
  const readLines = (server: string, developer: string) => [...eachLine(server, developer)]
  return {
    root,
    socket,
    stop,
    pid: () => child!.pid!,
    eachLine,
    lines: readLines,
    bytes: (server, developer) => files(server, developer).reduce((sum, file) => sum + statSync(file).size, 0),
    async start() {
      // What a killed one has left behind would pass for ready.
      for (const left of [pidFile, ...developers.map(socket)]) rmSync(left, { force: true })
      child = spawn('rsyslogd', ['-n', '-f', conf, '-i', pidFile], { stdio: 'ignore' })
      await until(() => developers.every((developer) => existsSync(socket(developer))), 'the sockets of rsyslogd')
    },
    records: (server, developer) => readLines(server, developer).filter(({ kind }) => kind !== 'count'),
    async remove() {
      await stop('SIGKILL')
      rmSync(root, { recursive: true, force: true })
    },
  }
}

/** Waits until something holds that no event tells of; fails after ten seconds. */
export async function until(holds: () => boolean, what: string): Promise<void> {
  const deadline = AbortSignal.timeout(10_000)
  while (!holds()) {
    if (deadline.aborted) throw new Error(`Gave up waiting for ${what}`)
    await pause(5)
  }
}

/** As much of Handlebars as the template needs: this room may not import the one that has the library. */
export function renderRsyslogTemplate(
  name: string,
  developers: readonly string[],
  values: Readonly<Record<string, string>>,
): string {
  const template = readFileSync(new URL(name, TEMPLATES), 'utf8')
  const fill = (text: string, own: Readonly<Record<string, string>>) =>
    text.replace(/\{\{(?:\.\.\/)?([A-Z_]+)\}\}/g, (_, name: string) => own[name]!)
  const each = template.replace(/\{\{#each DEVELOPERS\}\}\n(.*?)\{\{\/each\}\}\n/gs, (_, block: string) =>
    developers
      .map((NAME, index) => {
        const UID = process.getuid?.() === 0 ? String(20_000 + index) : ''
        const own = block.replace(/\{\{#if UID\}\}(.*?)\{\{\/if\}\}/g, UID === '' ? '' : '$1')
        return fill(own, { ...values, NAME, UID })
      })
      .join(''),
  )
  return fill(each, values)
}
