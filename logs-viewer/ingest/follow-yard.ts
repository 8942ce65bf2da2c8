// Looks through whatever is written to the log files, as it is written, and through what was there before in between.
import { dirname, join } from 'node:path'
import { messageOf } from '../../servers/contract/errors.ts'
import { RECORD_SOURCES } from '../../servers/contract/record.ts'
import { DAY_MS } from '../store/block.ts'
import { type LogFolder, logFilePath } from '../store/log-files.ts'
import type { SourceDay } from '../store/source-day.ts'
import type { YardDays } from '../store/yard-days.ts'
import { watchFolders } from './watch-folders.ts'

/** How often everything is looked at even when no event came: events get lost (overflow, network file systems, a new folder's first moment). */
const RESCAN_MS = 2000

/** From one look to the next: events come in bursts, and a look costs three system calls. The first of a burst does not wait. */
const GATHER_MS = 10

/** Around midnight records go to two days. Older files grow only by accident, and are looked at when somebody asks. */
const DAYS_FOLLOWED = 2
/** What waited in the collector's queues at midnight is written by then. */
const LATE_MS = 60 * 60 * 1000
/** How often somebody looks whether a day is over. */
const OVER_EVERY_MS = 15 * 60 * 1000
/** What is less is read again after a restart. */
const STORED_BYTES_MIN = 64 * 1024

export interface YardFollower {
  /** Everything that was there has been looked through, and what is over is kept. Never rejects. */
  readonly caughtUp: Promise<void>
  /** How long there has been something in the files that nobody has looked through yet; 0: there is nothing. */
  behindMs(): number
  close(): Promise<void>
}

export interface FollowOptions {
  readonly root: string
  readonly now: () => number
  /** Called with each day that is over and was looked through; what it throws is noted. */
  readonly onOver: (day: SourceDay) => Promise<void>
  /** What could not be done, of no day; null: it can be again. */
  readonly note: (text: string | null) => void
}

/** Begins with the newest days. A file that is written fast has its turn as every other: nobody waits for it. */
export async function followYard(days: YardDays, { root, now, onOver, note }: FollowOptions): Promise<YardFollower> {
  let closed = false
  let changed = new Set<string>()
  let scanWanted = false
  let timer: NodeJS.Timeout | undefined
  let working: Promise<void> = Promise.resolve()
  let behindSince: number | undefined
  let lookedAt = Number.NEGATIVE_INFINITY

  const look = (path?: string) => {
    if (closed) return
    if (path === undefined) scanWanted = true
    else changed.add(path)
    behindSince ??= path === undefined ? undefined : now()
    timer ??= setTimeout(
      () => {
        timer = undefined
        lookedAt = performance.now()
        working = working.then(work).catch((error: unknown) => note(`Cannot look for new records: ${codeOf(error)}`))
      },
      Math.max(0, lookedAt + GATHER_MS - performance.now()),
    )
  }

  const watches = watchFolders((folder, name) => {
    const path = name === null ? '' : join(folder, name)
    look(days.find(path) === undefined ? undefined : path)
  })

  const scan = async () => {
    await days.scan()
    note(null)
    if (watches.set(foldersToWatch(root, days.folders))) look()
  }

  const work = async () => {
    const paths = changed
    const isScan = scanWanted
    changed = new Set()
    scanWanted = false
    if (isScan) await scan()
    const queue = isScan ? recentDays(days) : [...paths].flatMap((path) => days.find(path) ?? [])
    for (let day = queue.shift(); day !== undefined && !closed; day = queue.shift()) {
      if (await day.advance()) queue.push(day)
    }
    if (changed.size === 0) behindSince = undefined
  }

  /** Newest first: what is asked for most. */
  const catchUp = async () => {
    for (const day of days.all()) {
      while (!closed && (await day.advance())) behindSince ??= now()
    }
    for (const day of days.all()) {
      if (closed) return
      if (!isOver(day, now())) continue
      await onOver(day).then(
        () => day.note('keep', null),
        (error: unknown) => day.note('keep', `Cannot keep ${day.place.path}: ${messageOf(error)}`),
      )
    }
  }

  await scan()
  let caughtUp = catchUp()
  const daily = setInterval(() => {
    caughtUp = caughtUp.then(catchUp)
  }, OVER_EVERY_MS)
  const rescan = setInterval(() => look(), RESCAN_MS)
  return {
    get caughtUp() {
      return caughtUp
    },
    behindMs: () => (behindSince === undefined ? 0 : now() - behindSince),
    async close() {
      closed = true
      clearInterval(rescan)
      clearInterval(daily)
      clearTimeout(timer)
      watches.close()
      await Promise.all([working, caughtUp])
      for (const day of days.all()) day.store(STORED_BYTES_MIN)
    },
  }
}

/** Its message would name files, which are not everybody's. */
function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? (error instanceof Error ? error.name : 'Error')
}

/** Nothing is expected any more that was received on this day. What comes all the same is a block of its own. */
export function isOver(day: SourceDay, nowMs: number): boolean {
  return nowMs - day.dayMs > DAY_MS + LATE_MS
}

function recentDays(days: YardDays): SourceDay[] {
  return days.folders.flatMap((folder) =>
    folder.days.slice(-DAYS_FOLLOWED).flatMap((day) => days.find(logFilePath(folder, day)) ?? []),
  )
}

/** The log folders, and every folder in which one could appear. */
function foldersToWatch(root: string, folders: readonly LogFolder[]): Set<string> {
  const servers = RECORD_SOURCES.map((server) => join(root, server))
  return new Set([root, ...servers, ...folders.flatMap(({ path }) => [dirname(path), path])])
}
