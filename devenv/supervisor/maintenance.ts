// What the daemon does with the repositories when nobody waits: takes away what a killed git left locked, counts what each
// developer's branches hold, and tidies.
import { messageOf } from '../../servers/contract/errors.ts'
import { isServerName, MASTER, REPOSITORIES, type RepositoryName, SERVERS } from '../../servers/contract/names.ts'
import { measureCommit, needsTidying, tidyRepository } from '../git/maintain.ts'
import { listBranches } from '../git/refs.ts'
import { removeStaleLocks } from '../git/stale-locks.ts'
import { halveSwitches, listSwitchRefs } from '../git/switch-log.ts'
import type { YardLayout } from '../sandbox/layout.ts'
import type { YardLog } from './yard-context.ts'

/** A disk fills in hours; a developer's branches are counted at most so much later than they were pushed. */
const EVERY_MS = 5 * 60_000
/** Of a developer's disk: what their log of switches may hold beyond their branch. */
const LOG_SHARE = 0.25

export interface Maintenance {
  /** What developers' branches and logs of switches hold, as last counted. */
  repositoryBytes(): Readonly<Record<string, number>>
  /** Takes stale locks away, counts and tidies now, after what is at work. Never rejects. */
  run(): Promise<void>
  /** Begins nothing more, and ends the process that is at work. */
  close(): Promise<void>
}

export interface MaintenanceOptions {
  readonly layout: YardLayout
  readonly log: YardLog
  /** Quota `disk` of a developer, bytes. */
  diskOf(developer: string): number
  /** Lets nobody else write refs of switches while it runs. */
  alone(job: () => Promise<void>): Promise<void>
}

export function createMaintenance({ layout, log, diskOf, alone }: MaintenanceOptions): Maintenance {
  const counted = new Map<string, number>()
  let bytes: Readonly<Record<string, number>> = {}
  const closing = new AbortController()
  const { signal } = closing
  let last: Promise<void> = Promise.resolve()

  const count = async () => {
    const sums: Record<string, number> = {}
    const seen = new Set<string>()
    for (const repository of [...SERVERS, 'serverctrl'] as const) {
      const tips = await tipsOf(layout, repository)
      const master = tips.get(MASTER)?.branch ?? null
      for (const [developer, { branch, switches }] of tips) {
        if (signal.aborted) return
        const measure = async (commit: string, base: string | null): Promise<number> => {
          const key = [repository, developer, commit, base].join(' ')
          seen.add(key)
          // A commit's history never changes: only what has moved is counted.
          const found =
            counted.get(key) ?? (await measureCommit(layout.repository(repository), { commit, base }, signal))
          if (found !== null) counted.set(key, found)
          return found ?? 0
        }
        const own = await measure(branch, developer === MASTER ? null : master)
        const logged = switches === undefined ? 0 : await measure(switches, branch)
        sums[developer] = (sums[developer] ?? 0) + own + logged
        // Nobody else could free it. It is counted again the next time, and halved again where that is not enough.
        if (isServerName(repository) && logged > LOG_SHARE * diskOf(developer))
          await alone(() => halveSwitches(layout, { server: repository, developer }))
      }
    }
    for (const key of counted.keys()) if (!seen.has(key)) counted.delete(key)
    bytes = sums
  }

  const unlock = async () => {
    for (const repository of REPOSITORIES) {
      const locks = await removeStaleLocks(layout.repository(repository), Date.now())
      if (locks.length > 0)
        log('warn', `Locks of a git that was killed are taken away: ${locks.join(', ')}`, { repository })
    }
  }

  const tidy = async () => {
    for (const repository of REPOSITORIES) {
      const folder = layout.repository(repository)
      if (signal.aborted || !(await needsTidying(folder))) continue
      const begin = performance.now()
      const complaint = await tidyRepository(folder, signal)
      const ms = Math.round(performance.now() - begin)
      // The next daemon does it.
      if (signal.aborted) return
      if (complaint === null) log('info', `The repository ${repository} has been tidied`, { ms })
      else log('warn', `Cannot tidy the repository ${repository}: ${complaint}`, { ms })
    }
  }

  const run = () => {
    last = last
      .then(async () => {
        await unlock()
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
      closing.abort()
      clearInterval(timer)
      await last
    },
  }
}

interface Tips {
  readonly branch: string
  /** The log, which holds what a push with force has let go of. */
  readonly switches: string | undefined
}

/** What each developer keeps in a repository. */
async function tipsOf(layout: YardLayout, repository: RepositoryName): Promise<ReadonlyMap<string, Tips>> {
  const branches = await listBranches(layout, repository)
  const logs = isServerName(repository) ? await listSwitchRefs(layout, repository) : null
  return new Map(
    [...branches].map(([developer, branch]) => {
      return [developer, { branch, switches: logs?.get(`refs/log/${repository}/${developer}`) }]
    }),
  )
}
