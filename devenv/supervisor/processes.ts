// Every process of the yard, ours and those a daemon before us started: one way to watch, to signal and to end them.
import { randomBytes } from 'node:crypto'
import { mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { messageOf } from '../../servers/contract/errors.ts'
import { LAST_MAY_BE_MISSING } from '../../servers/contract/gaps.ts'
import { type Severity, severityNumber } from '../../servers/contract/record.ts'
import { type BuiltCommit, releaseName } from '../../servers/contract/release.ts'
import type { Command } from '../exec/command.ts'
import { type Limiter, NO_LIMITER } from '../exec/limiter.ts'
import type { LineChannel } from '../exec/line-channel.ts'
import { markOf } from '../exec/process-marks.ts'
import { identifyProcess, isAlive, signalProcess } from '../exec/process-table.ts'
import { type ProcessEnd, startProcess } from '../exec/start-process.ts'
import type { YardLayout } from '../sandbox/layout.ts'
import type { Limits } from '../settings/limits.ts'
import { breachRecords, MEMORY_BREACH } from './breach-records.ts'
import type { Clock } from './clock.ts'
import { endStrays } from './end-strays.ts'
import { createOutputTail, HEAP_FULL, type OutputTail } from './output-tail.ts'
import { parseOutput, type Said } from './parse-output.ts'
import type { RecordSender, RecordSource } from './record-sender.ts'
import { type Mark, type Role, type RunFile, readRunFiles, removeRunFile, writeRunFile } from './run-files.ts'
import { within } from './within.ts'

/** What a candidate says waits until it is known what becomes of it; more than this is not waited for. */
const HELD_MAX = 200

/** How often output is read, and adopted processes are looked at. */
const LOOK_EVERY_MS = 250
/** How often limits are looked at, which opens files for every process: each so many looks. */
const LOOKS_A_BREACH = 8

export interface KeptProcess {
  readonly run: RunFile
  /** Null for one that was adopted: its daemon took the other end with it. */
  readonly channel: LineChannel | null
  /** Null until it has ended. An adopted one's end is known, its exit code is not. */
  readonly end: ProcessEnd | null
  readonly ended: Promise<ProcessEnd>
  /** Writes down what has become of it, now or as soon as that can be. Does not throw. */
  update(changes: Partial<Pick<RunFile, 'role' | 'commit' | 'restarts' | 'killMs'>>): void
  /** From here on its end is no accident. */
  expectEnd(): void
  /** The same for a candidate that will not do: what it has said is told as errors. */
  refuse(): void
  /** Signals it, waits, and kills it when `deadlineMs` have passed. Resolves when it has ended. */
  stop(signal: NodeJS.Signals, deadlineMs: number): Promise<void>
  /** The last it wrote to stdout and stderr, oldest first. */
  lastLines(): Promise<readonly string[]>
}

export interface StartOptions {
  readonly key: string
  readonly role: Role
  readonly source: RecordSource
  readonly fingerprint: string
  readonly commit?: BuiltCommit | null
  readonly restarts?: number
  /** Default: none. */
  readonly limits?: Limits
}

export interface Processes {
  start(command: Command, options: StartOptions): Promise<KeptProcess>
  /** Takes over what a daemon before us started and still runs. What has ended is told and forgotten. */
  adopt(onBroken?: (message: string) => void): Promise<readonly KeptProcess[]>
  /** Stops watching. The processes run on. */
  close(): Promise<void>
}

export function createProcesses(
  layout: YardLayout,
  records: RecordSender,
  clock: Clock,
  limiter: Limiter = NO_LIMITER,
): Processes {
  const { outputs } = layout
  // Of hundreds of processes hardly any has something new: who has not promises nothing.
  const kept = new Set<{ look(): Promise<void> | undefined; close(): Promise<void> }>()
  let looking = Promise.resolve()
  const lookAll = async () => {
    const under: Promise<void>[] = []
    for (const one of kept) {
      const way = one.look()
      if (way !== undefined) under.push(way)
    }
    await Promise.all(under)
  }
  const timer = setInterval(() => {
    looking = looking.then(lookAll)
  }, LOOK_EVERY_MS).unref()

  async function keep(
    first: RunFile,
    own: { channel: LineChannel; exited: Promise<ProcessEnd> } | null,
  ): Promise<KeptProcess> {
    let run = first
    let end: ProcessEnd | null = null
    let expected = false
    let refused = false
    const group = groupOf(run)
    const breached = breachRecords(run)
    let looks = 0
    const held: { readonly said: Said; readonly time: string }[] = []
    const write = (said: Said & { fields?: Record<string, unknown> }, time = new Date().toISOString()) =>
      records.write(run.source, {
        time,
        ...said,
        pid: run.pid,
        ...(run.commit === null ? {} : { release: releaseName(run.commit) }),
      })
    const writeHeld = (atLeast: Severity = 'debug') => {
      for (const { said, time } of held.splice(0)) write({ ...said, severity: worse(said.severity, atLeast) }, time)
    }
    const tail = await createOutputTail(run.output, (lines) => {
      const said = parseOutput(lines)
      if (run.role !== 'candidate' || held.length >= HELD_MAX) write(said)
      else held.push({ said, time: new Date().toISOString() })
    })
    let resolveEnded: (end: ProcessEnd) => void = () => {}
    const ended = new Promise<ProcessEnd>((resolve) => {
      resolveEnded = resolve
    })
    const finish = async (how: ProcessEnd) => {
      if (end !== null) return
      const { memory } = limiter.breaches(group)
      end = memory > 0 ? { ...how, why: MEMORY_BREACH } : how
      kept.delete(entry)
      own?.channel.close()
      await readTail(tail, true)
      // A candidate that ends without having been asked to has refused itself.
      writeHeld(refused || !expected ? 'error' : 'debug')
      if (!expected) write(deathRecord(run, end, tail.lastLines()))
      limiter.leave(group)
      await removeRunFile(layout, run).catch(() => {})
      await tail.remove().catch(() => {})
      resolveEnded(end)
    }
    // What has become of a process is true also when it cannot be written, on a full disk, say: it is tried at every look.
    let written = true
    const writeDown = () => {
      try {
        writeRunFile(layout, run)
        written = true
      } catch {
        written = false
      }
    }
    const catchUp = async () => {
      if (end === null && !written) writeDown()
      if (end === null) await readTail(tail, false)
      if (own === null && !isAlive(run)) await finish({ exitCode: null, signal: null })
    }
    const entry = {
      look() {
        if (looks++ % LOOKS_A_BREACH === 0) for (const record of breached(limiter.breaches(group))) write(record)
        const isNews = (end === null && (!written || tail.hasMore())) || (own === null && !isAlive(run))
        return isNews ? catchUp() : undefined
      },
      async close() {
        writeHeld()
        await tail.close()
      },
    }
    kept.add(entry)
    void own?.exited.then(finish)
    return {
      get run() {
        return run
      },
      channel: own?.channel ?? null,
      get end() {
        return end
      },
      ended,
      update(changes) {
        run = { ...run, ...changes }
        if (run.role !== 'candidate') writeHeld()
        if (end === null) writeDown()
      },
      expectEnd() {
        expected = true
      },
      refuse() {
        expected = true
        refused = true
      },
      async stop(signal, deadlineMs) {
        expected = true
        signalProcess(run, signal)
        if ((await within(ended, deadlineMs, null)) !== null) return
        signalProcess(run, 'SIGKILL')
        const how = `did not end within ${deadlineMs / 1000} s of ${signal} and was killed`
        write({ severity: 'warn', message: `${run.key} (pid ${run.pid}) ${how}; ${LAST_MAY_BE_MISSING}` })
        await ended
      },
      async lastLines() {
        // After its end the rest is read before `ended` resolves.
        await (end === null ? readTail(tail, false) : ended)
        return tail.lastLines()
      },
    }
  }

  return {
    async start(command, options) {
      await mkdir(outputs, { recursive: true, mode: 0o700 })
      const { key, role, source, fingerprint } = options
      const output = join(outputs, `${key.replace('/', '-')}.${randomBytes(4).toString('hex')}.log`)
      const start = {
        ...{ key, source, output, fingerprint },
        startedAt: new Date().toISOString(),
        startedMs: clock.now(),
        commit: options.commit ?? null,
        restarts: options.restarts ?? 0,
      }
      const mark = markOf(JSON.stringify({ root: layout.root, ...start } satisfies Mark))
      const { pid, channel, exited } = await startProcess(command, { outputFile: output, environment: mark })
      try {
        // It may have ended already; its number is still a name for its files.
        const identity = identifyProcess(pid) ?? { pid, startTicks: -1, bootId: '' }
        // Its script is loaded long after this; until then rlimits hold.
        const { limits } = options
        if (limits !== undefined) {
          await limiter.enter(groupOf({ key, pid }), pid, limits).catch((error: unknown) => {
            // Who has ended by itself says why by itself; nobody else runs without limits.
            if (isAlive(identity)) throw error
          })
        }
        const run: RunFile = { ...start, ...identity, role, killMs: null }
        writeRunFile(layout, run)
        return await keep(run, { channel, exited })
      } catch (error) {
        // What could not be written down nobody would know, neither this daemon nor the next.
        killChild(pid)
        await exited
        channel.close()
        limiter.leave(groupOf({ key, pid }))
        await rm(output, { force: true })
        throw error
      }
    },
    async adopt(onBroken = () => {}) {
      const runs = await readRunFiles(layout, onBroken)
      await endStrays(layout, runs)
      limiter.tidy()
      const known = new Set(runs.flatMap(({ output }) => [output, `${output}.at`]))
      const files = (await readdir(outputs).catch(() => [])).map((name) => join(outputs, name))
      // Of a daemon that died between making a file and writing down whose it is.
      await Promise.all(files.filter((file) => !known.has(file)).map((file) => rm(file, { force: true })))
      const adopted = await Promise.all(runs.map((run) => keep(run, null)))
      await Promise.all([...kept].map((one) => one.look()))
      return adopted.filter((one) => one.end === null)
    },
    async close() {
      clearInterval(timer)
      await looking
      await Promise.all([...kept].map((one) => one.close()))
      kept.clear()
      limiter.tidy()
    },
  }
}

/** Its control group, also for a daemon behind us. */
const groupOf = ({ key, pid }: Pick<RunFile, 'key' | 'pid'>) => `${key.replace('/', '-')}.${pid}`

/** Of a child whose end has not been told yet: its number is nobody else's. */
function killChild(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It has ended by itself.
  }
}

/** A file that cannot be read is no reason to lose sight of its process. */
async function readTail(tail: OutputTail, ended: boolean): Promise<void> {
  await tail.read(ended).catch((error: unknown) => {
    process.emitWarning(`Cannot read the output of a process: ${messageOf(error)}`)
  })
}

/** One record that says how it ended, and below that what it said last. */
function deathRecord(run: RunFile, { exitCode, signal, why: known }: ProcessEnd, lastLines: readonly string[]) {
  const how =
    signal !== null ? `by ${signal}` : exitCode !== null ? `with exit code ${exitCode}` : 'while nobody watched'
  const heap = lastLines.some((line) => HEAP_FULL.test(line))
    ? 'out of memory, the heap of JavaScript was full (with memory_limit the line is named)'
    : undefined
  const why = known ?? heap
  const lost = exitCode === null ? `; ${LAST_MAY_BE_MISSING}` : ''
  return {
    severity: exitCode === 0 ? 'warn' : exitCode === null && signal === null ? 'error' : 'emerg',
    message: `${run.key} (pid ${run.pid}) ended ${how}${why === undefined ? '' : `: ${why}`}${lost}`,
    ...(lastLines.length === 0 ? {} : { stack: lastLines.join('\n') }),
    fields: { exitCode, signal, startedAt: run.startedAt },
  } as const
}

function worse(one: Severity, other: Severity): Severity {
  return severityNumber(one) < severityNumber(other) ? one : other
}
