// What a daemon writes down of each process it starts, so that the next daemon knows its own: <root>/run/processes.
import { mkdirSync } from 'node:fs'
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import writeFileAtomic from 'write-file-atomic'
import type { BuiltCommit } from '../../servers/contract/release.ts'
import { readMark } from '../exec/process-marks.ts'
import { identifyProcess, type ProcessIdentity } from '../exec/process-table.ts'
import type { YardLayout } from '../sandbox/layout.ts'
import { putAsideBroken, readState } from '../state/broken-state.ts'
import { parseState, renderState } from '../state/state-version.ts'
import type { RecordSource } from './record-sender.ts'

/** `candidate`: booted, not switched to. `live`: in use. `draining`: told to end. */
export type Role = 'candidate' | 'live' | 'draining'

export interface RunFile extends ProcessIdentity {
  /** What it is: `socketserver/dev1`, `redis/dev1`, `mysql`. */
  readonly key: string
  readonly role: Role
  readonly source: RecordSource
  /** The file that it writes stdout and stderr to. */
  readonly output: string
  /** ISO 8601 UTC, for people: whoever counts takes `startedMs`. */
  readonly startedAt: string
  /** When it started, by {@link Clock}: the same for every daemon of one boot. */
  readonly startedMs: number
  /** What a service was started with. */
  readonly fingerprint: string
  /** Of a sandbox. */
  readonly commit: BuiltCommit | null
  readonly restarts: number
  /** When a draining process may be killed, by {@link Clock}; null while it is not draining. */
  readonly killMs: number | null
}

const fileOf = (layout: YardLayout, { key, pid }: Pick<RunFile, 'key' | 'pid'>) =>
  join(layout.processes, `${key.replace('/', '-')}.${pid}.json`)

/**
 * Written while everybody waits, because that takes 0.1 ms: a switch waits for two of them, and each would be ten promises. No
 * process that it tells of outlives the machine, so nothing waits for the disk.
 */
export function writeRunFile(layout: YardLayout, run: RunFile): void {
  mkdirSync(layout.processes, { recursive: true, mode: 0o700 })
  writeFileAtomic.sync(fileOf(layout, run), renderState(run), { mode: 0o600, fsync: false })
}

export async function removeRunFile(layout: YardLayout, run: RunFile): Promise<void> {
  await rm(fileOf(layout, run), { force: true })
}

/**
 * Everything that was written down. A file that is not whole is written anew from the mark of its process, where that still
 * runs, and put aside as `.broken`; `onBroken` is told. Throws `ROOT_UNUSABLE` for files of a newer edgeyard.
 */
export async function readRunFiles(
  layout: YardLayout,
  onBroken: (message: string) => void = () => {},
): Promise<RunFile[]> {
  const folder = layout.processes
  const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith('.json'))
  const files = await Promise.all(
    names.map(async (name): Promise<RunFile | null> => {
      const file = join(folder, name)
      const text = await readState(file)
      if (text === null) return null
      const run = asRunFile(parseState(text, file))
      if (run !== null) return run
      const aside = await putAsideBroken(file)
      const rebuilt = rebuild(layout, name)
      if (rebuilt !== null) writeRunFile(layout, rebuilt)
      const what =
        rebuilt === null ? 'nothing runs that it may have named' : `rebuilt from pid ${rebuilt.pid}, which runs`
      onBroken(`A run file was spoilt: ${what}; it is kept as ${aside}`)
      return rebuilt
    }),
  )
  return files.filter((file) => file !== null)
}

function asRunFile(state: Readonly<Record<string, unknown>> | null): RunFile | null {
  if (state === null) return null
  const run = state as unknown as RunFile
  const whole =
    Number.isInteger(run.pid) && [run.key, run.output, run.bootId, run.role].every((text) => typeof text === 'string')
  // Before there were versions nobody wrote down what only a clock without jumps can tell.
  return whole ? { ...run, startedMs: run.startedMs ?? 0, killMs: run.killMs ?? null } : null
}

/** The name says which process it was; that the number is still its own, its mark. */
function rebuild(layout: YardLayout, name: string): RunFile | null {
  const pid = Number(/\.(\d+)\.json$/.exec(name)?.[1])
  const identity = Number.isInteger(pid) ? identifyProcess(pid) : null
  const mark = identity === null ? null : parseMark(readMark(pid))
  if (identity === null || mark === null || mark.root !== layout.root) return null
  if (fileOf(layout, { key: mark.key, pid }) !== join(layout.processes, name)) return null
  const { root: _, ...start } = mark
  return { ...start, ...identity, role: 'live', killMs: null }
}

/** What a process carries of its run file. */
export type Mark = Omit<RunFile, keyof ProcessIdentity | 'role' | 'killMs'> & { readonly root: string }

export function parseMark(text: string | null): Mark | null {
  try {
    const mark = JSON.parse(text ?? '') as Mark
    return typeof mark.root === 'string' && typeof mark.key === 'string' && typeof mark.output === 'string'
      ? mark
      : null
  } catch {
    return null
  }
}
