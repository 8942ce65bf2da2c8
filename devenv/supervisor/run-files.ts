// What a daemon writes down of each process it starts, so that the next daemon knows its own: <root>/run/processes.
import { mkdir, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import writeFileAtomic from 'write-file-atomic'
import type { BuiltCommit } from '../../servers/contract/release.ts'
import type { ProcessIdentity } from '../exec/process-table.ts'
import type { YardLayout } from '../sandbox/layout.ts'
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
  /** ISO 8601 UTC. */
  readonly startedAt: string
  /** What a service was started with. */
  readonly fingerprint: string
  /** Of a sandbox. */
  readonly commit: BuiltCommit | null
  readonly restarts: number
  /** When a draining process may be killed, ISO 8601 UTC; null while it is not draining. */
  readonly killAt: string | null
}

const fileOf = (layout: YardLayout, { key, pid }: RunFile) =>
  join(layout.processes, `${key.replace('/', '-')}.${pid}.json`)

export async function writeRunFile(layout: YardLayout, run: RunFile): Promise<void> {
  await mkdir(layout.processes, { recursive: true, mode: 0o700 })
  await writeFileAtomic(fileOf(layout, run), `${JSON.stringify(run)}\n`, { mode: 0o600, fsync: false })
}

export async function removeRunFile(layout: YardLayout, run: RunFile): Promise<void> {
  await rm(fileOf(layout, run), { force: true })
}

/** Everything that was written down. A file that is not whole names a process of which nothing is known: it is removed. */
export async function readRunFiles(layout: YardLayout): Promise<RunFile[]> {
  const folder = layout.processes
  const names = await readdir(folder).catch(() => [])
  const files = await Promise.all(
    names.map(async (name): Promise<RunFile | null> => {
      const path = join(folder, name)
      try {
        const run = JSON.parse(await readFile(path, 'utf8')) as RunFile
        if (Number.isInteger(run.pid) && typeof run.key === 'string' && typeof run.output === 'string') return run
      } catch {
        // Removed below, like a file of another shape.
      }
      await rm(path, { force: true })
      return null
    }),
  )
  return files.filter((file) => file !== null)
}
