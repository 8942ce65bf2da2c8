// What the daemon does with the repositories when nobody waits: counts what each developer's branches hold, and tidies.
import { messageOf } from '../../servers/contract/errors.ts'
import { MASTER, SERVERS } from '../../servers/contract/names.ts'
import { measureCommit, needsTidying, tidyRepository } from '../git/maintain.ts'
import { listBranches } from '../git/refs.ts'
import type { YardLayout } from '../sandbox/layout.ts'
import type { YardLog } from './yard-context.ts'

/** A disk fills in hours; a developer's branches are counted at most so much later than they were pushed. */
const EVERY_MS = 5 * 60_000

export interface Maintenance {
  /** What the branches of developers hold, as last counted. */
  repositoryBytes(): Readonly<Record<string, number>>
  /** Counts and tidies now, after what is at work. Never rejects. */
  run(): Promise<void>
  /** Begins nothing more, and waits for the process that is at work. */
  close(): Promise<void>
}

export function createMaintenance(layout: YardLayout, log: YardLog): Maintenance {
  const counted = new Map<string, number>()
  let bytes: Readonly<Record<string, number>> = {}
  let closed = false
  let last: Promise<void> = Promise.resolve()

  const count = async () => {
    const sums: Record<string, number> = {}
    const seen = new Set<string>()
    for (const server of SERVERS) {
      const folder = layout.repository(server)
      const branches = await listBranches(layout, server)
      const base = branches.get(MASTER) ?? null
      for (const [developer, commit] of branches) {
        if (closed) return
        const key = `${server} ${commit} ${developer === MASTER ? null : base}`
        seen.add(key)
        // A commit's history never changes: only what has moved is counted.
        if (!counted.has(key)) {
          const found = await measureCommit(folder, commit, developer === MASTER ? null : base)
          if (found !== null) counted.set(key, found)
        }
        sums[developer] = (sums[developer] ?? 0) + (counted.get(key) ?? 0)
      }
    }
    for (const key of counted.keys()) if (!seen.has(key)) counted.delete(key)
    bytes = sums
  }

  const tidy = async () => {
    for (const server of ['serverctrl', 'common', ...SERVERS] as const) {
      const folder = layout.repository(server)
      if (closed || !(await needsTidying(folder))) continue
      const begin = performance.now()
      const complaint = await tidyRepository(folder)
      const ms = Math.round(performance.now() - begin)
      if (complaint === null) log('info', `The repository ${server} has been tidied`, { ms })
      else log('warn', `Cannot tidy the repository ${server}: ${complaint}`, { ms })
    }
  }

  const run = () => {
    last = last
      .then(async () => {
        await count()
        await tidy()
      })
      .catch((error: unknown) => log('warn', `Cannot look after the repositories: ${messageOf(error)}`))
    return last
  }

  const timer = setInterval(() => void run(), EVERY_MS)
  timer.unref()
  return {
    repositoryBytes: () => bytes,
    run,
    close: async () => {
      closed = true
      clearInterval(timer)
      await last
    },
  }
}
