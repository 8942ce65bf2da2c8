// Every day of every source that a yard has records of.
import { existsSync, type Stats, statSync } from 'node:fs'
import type { Scope } from '../query/question.ts'
import type { Source } from '../query/wire.ts'
import { archivedDay, listArchivedDays, readSeal } from './archive.ts'
import { BlockCache } from './block-cache.ts'
import { cleanIndex, indexPath, removeIndex } from './clean-index.ts'
import { type LogFolder, listLogFolders, logFilePath } from './log-files.ts'
import type { Notes } from './notes.ts'
import type { Parquet } from './parquet.ts'
import { identityOf, type ReportRecords, SourceDay } from './source-day.ts'

/** What is made from the files is made anew by another version: then this folder has another name, and the old one goes. */
const DERIVED_VERSION = 'v2'
/** Files that are remembered after they have gone. One that was moved is found under its new name within seconds. */
const GONE_MAX = 10_000

export interface YardDaysOptions {
  readonly root: string
  /** The viewer's own folder. Whatever lies in it can be deleted. */
  readonly derived: string
  /** Where closed days are kept as Parquet; undefined: nowhere. */
  readonly archive: { readonly folder: string; readonly parquet: Parquet } | undefined
  readonly report: ReportRecords
  readonly notes: Notes
}

export class YardDays {
  readonly #options: YardDaysOptions
  readonly #cache = new BlockCache()
  readonly #days = new Map<string, SourceDay>()
  /** How much was known of files that are no longer where they were, by their identity. */
  readonly #gone = new Map<string, number>()
  #folders: readonly LogFolder[] = []
  #isFirst = true

  constructor(options: YardDaysOptions) {
    this.#options = options
  }

  /** In the order of their names. */
  get folders(): readonly LogFolder[] {
    return this.#folders
  }

  sources(): Source[] {
    return this.#folders.filter(({ days }) => days.length > 0).map(({ server, developer }) => ({ server, developer }))
  }

  /**
   * Looks which folders and files there are. What is in the files that the first look finds is not news; what comes later is, but not
   * what was known of a file that has moved.
   */
  async scan(): Promise<void> {
    const folders = await this.#list()
    this.#folders = folders
    const found = new Map<string, { folder: LogFolder; day: string }>()
    for (const folder of folders) for (const day of folder.days) found.set(logFilePath(folder, day), { folder, day })
    for (const [path, day] of this.#days) if (!found.has(path)) this.#forget(path, day)
    for (const [path, { folder, day }] of found) {
      if (!this.#days.has(path)) this.#days.set(path, this.#createDay(folder, day, path))
    }
    if (!this.#isFirst) return
    this.#isFirst = false
    const indexes = new Set([...this.#days.values()].map(({ place }) => place.index))
    const { derived } = this.#options
    await cleanIndex(derived, DERIVED_VERSION, (place) => indexes.has(indexPath(derived, DERIVED_VERSION, place)))
  }

  /** Days of these sources, oldest first. */
  daysOf(scope: Scope): string[] {
    const days = new Set<string>()
    for (const folder of this.#foldersOf(scope)) for (const day of folder.days) days.add(day)
    return [...days].sort()
  }

  /** What these sources have of a day, as far as it was looked through. */
  sourceDays(scope: Scope, day: string): SourceDay[] {
    return this.#foldersOf(scope)
      .map((folder) => this.#days.get(logFilePath(folder, day)))
      .filter((found) => found !== undefined)
  }

  find(path: string): SourceDay | undefined {
    return this.#days.get(path)
  }

  /** All of them, newest day first. */
  all(): SourceDay[] {
    return [...this.#days.values()].sort((a, b) => b.dayMs - a.dayMs)
  }

  async #list(): Promise<LogFolder[]> {
    const folders = await listLogFolders(this.#options.root)
    const archive = this.#options.archive?.folder
    if (archive === undefined) return folders
    return Promise.all(
      folders.map(async (folder) => {
        const archived = await listArchivedDays(archive, folder)
        return archived.length === 0 ? folder : { ...folder, days: [...new Set([...archived, ...folder.days])].sort() }
      }),
    )
  }

  #foldersOf(scope: Scope): LogFolder[] {
    const keys = new Set(scope.map(({ server, developer }) => `${server}/${developer}`))
    return this.#folders.filter(({ server, developer }) => keys.has(`${server}/${developer}`))
  }

  #createDay({ server, developer }: LogFolder, day: string, path: string): SourceDay {
    const { derived, report, notes, archive } = this.#options
    const source = { server, developer }
    const index = indexPath(derived, DERIVED_VERSION, { source, day })
    const file = statFile(path)
    const found = file === undefined ? '' : identityOf(file)
    const newsFrom = this.#isFirst ? (file?.size ?? 0) : (this.#gone.get(found) ?? 0)
    const place = archive && { place: archivedDay(archive.folder, source, day), parquet: archive.parquet }
    return new SourceDay(
      { source, day, path, index },
      {
        ...{ found, newsFrom, cache: this.#cache, report, archive: place },
        note: (topic, text) => notes.say(source, day, topic, text),
        before: () => this.#dayBefore(source, day),
      },
    )
  }

  #forget(path: string, { place, known }: SourceDay): void {
    this.#days.delete(path)
    this.#options.notes.forget(place.source, place.day)
    this.#gone.set(known.made, known.bytes)
    if (this.#gone.size > GONE_MAX) this.#gone.delete(this.#gone.keys().next().value!)
    const { archive } = this.#options
    // A folder that could not be listed for a moment is no reason to make everything anew.
    const isThere =
      existsSync(path) || (archive !== undefined && readSeal(archivedDay(archive.folder, place.source, place.day)))
    if (!isThere) removeIndex(place.index)
  }

  #dayBefore({ server, developer }: Source, day: string): SourceDay | undefined {
    const folder = this.#folders.find((one) => one.server === server && one.developer === developer)
    const before = folder?.days.findLast((each) => each < day)
    return folder === undefined || before === undefined ? undefined : this.#days.get(logFilePath(folder, before))
  }
}

/** Undefined also for one that is not for us to see: who tries to read it is told. */
function statFile(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false })
  } catch {
    return undefined
  }
}
