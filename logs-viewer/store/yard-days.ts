// Every day of every source that a yard has records of.
import { statSync } from 'node:fs'
import { join } from 'node:path'
import type { Scope } from '../query/question.ts'
import type { Source } from '../query/wire.ts'
import { archivedDay, listArchivedDays } from './archive.ts'
import { BlockCache } from './block-cache.ts'
import { type LogFolder, listLogFolders, logFilePath } from './log-files.ts'
import type { Parquet } from './parquet.ts'
import { type ReportRecords, SourceDay } from './source-day.ts'

/** What is made from the files is made anew by another version: then this folder has another name, and the old one goes. */
export const DERIVED_VERSION = 'v1'

export interface YardDaysOptions {
  readonly root: string
  /** The viewer's own folder. Whatever lies in it can be deleted. */
  readonly derived: string
  /** Where closed days are kept as Parquet; undefined: nowhere. */
  readonly archive: { readonly folder: string; readonly parquet: Parquet } | undefined
  readonly report: ReportRecords
  readonly complain: (what: string) => void
}

export class YardDays {
  readonly #options: YardDaysOptions
  readonly #cache = new BlockCache()
  readonly #days = new Map<string, SourceDay>()
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

  /** Looks which folders and files there are. What is in the files that the first look finds is not news; what comes later is. */
  async scan(): Promise<void> {
    const folders = await this.#list()
    this.#folders = folders
    const found = new Set<string>()
    for (const folder of folders) {
      for (const day of folder.days) {
        const path = logFilePath(folder, day)
        found.add(path)
        if (!this.#days.has(path)) this.#days.set(path, this.#createDay(folder, day, path))
      }
    }
    for (const path of this.#days.keys()) if (!found.has(path)) this.#days.delete(path)
    this.#isFirst = false
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
    const { derived, report, complain, archive } = this.#options
    const source = { server, developer }
    const index = join(derived, DERIVED_VERSION, server, developer, `${day}.blocks`)
    const newsFrom = this.#isFirst ? (statSync(path, { throwIfNoEntry: false })?.size ?? 0) : 0
    const place = archive && { place: archivedDay(archive.folder, source, day), parquet: archive.parquet }
    const options = {
      ...{ newsFrom, cache: this.#cache, report, complain, archive: place },
      before: () => this.#dayBefore(source, day),
    }
    return new SourceDay({ source, day, path, index }, options)
  }

  #dayBefore({ server, developer }: Source, day: string): SourceDay | undefined {
    const folder = this.#folders.find((one) => one.server === server && one.developer === developer)
    const before = folder?.days.findLast((each) => each < day)
    return folder === undefined || before === undefined ? undefined : this.#days.get(logFilePath(folder, before))
  }
}
