// What one source has written on one UTC day: its blocks, as far as the log file has been looked through.
import { closeSync, existsSync, fstatSync, mkdirSync, openSync, readSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { messageOf } from '../../servers/contract/errors.ts'
import { createGapFinder, type GapFinder } from '../../servers/contract/gaps.ts'
import { type LogRecord, parseRecordLine } from '../../servers/contract/record.ts'
import { FillingBlock } from '../ingest/fill-block.ts'
import { readLastNumbers } from '../ingest/read-last-numbers.ts'
import { CHUNK_BYTES, type NewLine, readNewLines } from '../ingest/read-new-lines.ts'
import { renderRecordId } from '../query/record-id.ts'
import { showRecord } from '../query/show-record.ts'
import type { ShownRecord, Source } from '../query/wire.ts'
import { bestParquet, readSeal } from './archive.ts'
import { type DayArchive, readArchive, readArchivedAt } from './archived-records.ts'
import type { Block } from './block.ts'
import type { BlockCache } from './block-cache.ts'
import { appendBlock, LostIndexError, readBlocks } from './index-file.ts'
import type { NoteTopic } from './notes.ts'
import type { Span } from './read-lines.ts'

/** What is looked through before others have their turn. */
const TURN_BYTES = 2 * 1024 * 1024
const ERRORS_OF = 'errors of '
const NEWLINE = 10

export interface SourceDayPlace {
  readonly source: Source
  /** The UTC day of arrival. */
  readonly day: string
  /** The log file. */
  readonly path: string
  /** Where its blocks are kept. */
  readonly index: string
}

export type ReportRecords = (records: readonly ShownRecord[]) => void

export interface SourceDayOptions {
  /** Which file was there when it was listed (`identityOf`); empty: none. */
  readonly found: string
  /** Records behind this place of the file are news, and told. */
  readonly newsFrom: number
  readonly cache: BlockCache
  readonly report: ReportRecords
  /** What is not as it should be; null: it is well again. */
  readonly note: (topic: NoteTopic, text: string | null) => void
  readonly archive: DayArchive | undefined
  /** The same source's last day before this one that has a file. */
  readonly before: () => SourceDay | undefined
}

export class SourceDay {
  readonly place: SourceDayPlace
  readonly dayMs: number
  readonly #options: SourceDayOptions
  /** Which file the blocks are made from. */
  #made = ''
  #full: Block[] = []
  #filling: FillingBlock | undefined
  /** Made with the first record that it is asked about. */
  #findGap: GapFinder | undefined
  #position = 0
  /** Of the file when it was looked at last; a half-written line may lie behind the position. */
  #size = -1
  /** The archive that the blocks are of, when they are all of it. */
  #taken = ''
  #isStored = true
  #newsFrom: number
  #working: Promise<unknown> = Promise.resolve()

  constructor(place: SourceDayPlace, options: SourceDayOptions) {
    this.place = place
    this.dayMs = Date.parse(place.day)
    this.#options = options
    this.#newsFrom = options.newsFrom
  }

  /** In the order of the file. */
  get blocks(): readonly Block[] {
    return this.#filling === undefined || this.#filling.count === 0 ? this.#full : [...this.#full, this.#filling]
  }

  /** What the blocks are made from. */
  get made(): string {
    return this.#made
  }

  /** How many bytes of the log file are in blocks. */
  get position(): number {
    return this.#position
  }

  /** Which file it is of, and how much of it was looked through: that is no news under another name either. */
  get known(): { readonly made: string; readonly bytes: number } {
    return { made: this.#made || this.#options.found, bytes: Math.max(this.#newsFrom, this.#position) }
  }

  note(topic: NoteTopic, text: string | null): void {
    this.#options.note(topic, text)
  }

  /**
   * Looks through what was appended; of a lot only a part, so that others have their turn: then true, and there is more. What cannot be
   * read is noted, and the blocks that there are stay: no question of others' records fails for it. Never rejects.
   */
  advance(bytesMax = TURN_BYTES): Promise<boolean> {
    const work = this.#working.then(() => this.#tryToAdvance(bytesMax))
    this.#working = work
    return work
  }

  /** Everything that is in the file now is in blocks. Rejects with the signal's reason alone. */
  async catchUp(signal: AbortSignal): Promise<void> {
    // It may be in the middle of the archive, which is read in one turn.
    await this.#working
    while (!this.#isCurrent() && (await this.advance())) signal.throwIfAborted()
  }

  /** The same after an index was lost: if it was this day's, its blocks are made anew. */
  async mend({ path }: LostIndexError, signal: AbortSignal): Promise<void> {
    const { index } = this.place
    const isLost = index === path || (this.#isStored && this.#full.length > 0 && !existsSync(index))
    if (isLost) this.#beginAnewInTurn()
    await this.catchUp(signal)
  }

  /** From the archive, when the log file is gone: records by their places, which are in order; undefined where one is not. */
  readArchived(spans: readonly Span[]): Promise<(LogRecord | undefined)[]> {
    return readArchivedAt(this.#options.archive, this.place.source, spans)
  }

  /** The last number of each run, whether it was looked through yet or not; undefined when nobody can tell any more. */
  lastNumbers(): Promise<ReadonlyMap<string, number> | undefined> {
    const work = this.#working.then(() => this.#lastNumbers())
    this.#working = work.catch(() => undefined)
    return work
  }

  /** The day is over, or the viewer ends: what has come since the last full block becomes one, too, if it is that much. */
  store(bytesMin = 0): void {
    const block = this.#filling
    if (block === undefined || block.count === 0 || block.end - block.start < bytesMin) return
    try {
      this.#closeBlock(block)
    } catch {
      // Its index was deleted.
      this.#beginAnewInTurn()
    }
  }

  #isCurrent(): boolean {
    try {
      const found = statSync(this.place.path, { throwIfNoEntry: false })
      if (found !== undefined) return found.size === this.#size && identityOf(found) === this.#made
      const made = this.#madeOfArchive()
      return made === this.#made && made === this.#taken
    } catch {
      // Whoever tries to read it says why.
      return false
    }
  }

  async #tryToAdvance(bytesMax: number): Promise<boolean> {
    try {
      const isMore = await this.#advance(bytesMax)
      this.note('look', null)
      return isMore
    } catch (error) {
      if (error instanceof LostIndexError) {
        this.#beginAnew()
        return true
      }
      this.note('look', `Cannot read ${this.place.path}: ${messageOf(error)}`)
      return false
    }
  }

  async #advance(bytesMax: number): Promise<boolean> {
    let file: number | undefined
    try {
      file = openSync(this.place.path, 'r')
      const found = fstatSync(file)
      this.#recognise(file, found)
      const limit = this.#position + bytesMax
      const room = Buffer.allocUnsafe(Math.max(0, Math.min(CHUNK_BYTES, found.size - this.#position)))
      while (this.#position < found.size) {
        const { lines, end } = readNewLines(file, this.#position, room)
        if (lines.length === 0) break
        this.#findGap ??= await this.#createGapFinder()
        this.#add(lines)
        this.#position = end
        if (end >= limit) return end < found.size
        if (end < found.size) await setImmediate()
      }
      this.#size = found.size
      return false
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
      // Removed: there is the archive, or nothing, which whoever lists the folder will see, too.
      await this.#takeArchive()
      return false
    } finally {
      if (file !== undefined) closeSync(file)
    }
  }

  async #lastNumbers(): Promise<ReadonlyMap<string, number> | undefined> {
    let file: number | undefined
    try {
      file = openSync(this.place.path, 'r')
      this.#recognise(file, fstatSync(file))
      return await readLastNumbers(file, this.#position, this.#numbersInBlocks())
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
      const { archive } = this.#options
      const best = archive && bestParquet(archive.place)
      return best?.isWhole ? await archive!.parquet.readLastNumbers(best.path) : undefined
    } finally {
      if (file !== undefined) closeSync(file)
    }
  }

  #numbersInBlocks(): Map<string, number> {
    return new Map(this.blocks.flatMap(({ runs }) => [...runs]))
  }

  /** Empty when nothing is archived. As long as all of a day is there, its blocks are those of the log file. */
  #madeOfArchive(): string {
    const place = this.#options.archive?.place
    const best = place === undefined ? undefined : bestParquet(place)
    if (place === undefined || best === undefined) return ''
    const made = readSeal(place)?.made ?? ''
    return best.isWhole || made === '' ? made : `${ERRORS_OF}${made}`
  }

  async #takeArchive(): Promise<void> {
    const { archive } = this.#options
    const made = this.#madeOfArchive()
    if (archive === undefined || (made === this.#made && made === this.#taken)) return
    if (made !== this.#made) {
      this.#begin(made)
      this.#full = this.#readIndex(made)
    }
    if (made === '' || this.#countRecords() === this.#countOfSeal(made)) {
      this.#taken = made
      return
    }
    // Whoever has made them was interrupted.
    this.#begin(made)
    try {
      this.#findGap = await this.#createGapFinder()
      for await (const some of readArchive(archive, this.place.source)) for (const each of some) this.#addRecord(each)
      this.store()
      this.#taken = made
    } catch (error) {
      // What was read of it is not all of it.
      this.#begin('')
      throw error
    }
  }

  /** Undefined when the seal does not say. */
  #countOfSeal(made: string): number | undefined {
    const place = this.#options.archive?.place
    const seal = place && readSeal(place)
    return made.startsWith(ERRORS_OF) ? seal?.errors : seal?.records
  }

  #countRecords(): number {
    return this.blocks.reduce((sum, { count }) => sum + count, 0)
  }

  /** What was told already is no news. */
  #beginAnew(): void {
    this.#newsFrom = Math.max(this.#newsFrom, this.#position)
    this.#begin('')
  }

  /** Nobody is at work with what there is then. */
  #beginAnewInTurn(): void {
    this.#working = this.#working.then(() => this.#beginAnew())
  }

  #begin(made: string): void {
    this.#made = made
    this.#full = []
    this.#filling = undefined
    this.#position = 0
    this.#size = -1
    this.#taken = ''
    this.#findGap = undefined
  }

  /** Another file under the same name, or one that was cut, begins anew. */
  #recognise(file: number, found: { ino: number; birthtimeMs: number; size: number }): void {
    const made = identityOf(found)
    if (this.#made === '') {
      this.#full = this.#readIndex(made)
      this.#position = this.#full.at(-1)?.end ?? 0
    }
    const isSame = this.#made === '' || this.#made === made
    this.#made = made
    if (!isSame || !this.#isBehindLine(file, found.size)) this.#begin(made)
  }

  /** One that cannot be read is as good as none. */
  #readIndex(made: string): Block[] {
    try {
      return readBlocks(this.place.index, (text) => text === made, this.#options.cache)
    } catch {
      return []
    }
  }

  /** A new file may have got the inode of the removed one: then the place is somewhere in a line. */
  #isBehindLine(file: number, size: number): boolean {
    if (this.#position === 0) return true
    if (this.#position > size) return false
    const last = Buffer.alloc(1)
    return readSync(file, last, 0, 1, this.#position - 1) === 1 && last[0] === NEWLINE
  }

  #add(lines: readonly NewLine[]): void {
    const { source, day } = this.place
    const { report } = this.#options
    const news: ShownRecord[] = []
    for (const { offset, end, text } of lines) {
      const record = parseRecordLine(text, source)
      const { missing, hidden } = this.#addRecord({ offset, end, record })
      if (offset < this.#newsFrom || hidden) continue
      const { server, developer } = source
      news.push(showRecord(record, { id: renderRecordId({ server, developer, day, offset }), missing }))
    }
    if (news.length > 0) report(news)
  }

  #addRecord({ offset, end, record }: { offset: number; end: number; record: LogRecord }) {
    // Between errors that are all that is left, others are not missing.
    const { missing, twice } = this.#made.startsWith(ERRORS_OF) ? { missing: 0, twice: false } : this.#findGap!(record)
    // What only counts others is shown where it has found some missing: nothing else might follow that could.
    const hidden = twice || (record.kind === 'count' && missing <= 0)
    this.#filling ??= new FillingBlock({ start: offset, lastMs: this.#lastMs, dayMs: this.dayMs })
    this.#filling.add({ offset, end, record, missing, hidden })
    if (this.#filling.isFull) this.#closeBlock(this.#filling)
    return { missing, hidden }
  }

  get #lastMs(): number {
    return this.#full.at(-1)?.lastMs ?? 0
  }

  /** Throws a LostIndexError when what stood before it is gone. */
  #closeBlock(block: FillingBlock): void {
    const { index } = this.place
    try {
      // One that could not be written leaves a hole, and those behind it would be read as if there were none.
      if (!this.#isStored && this.#full.length > 0) throw new Error('the blocks before could not be written')
      mkdirSync(dirname(index), { recursive: true })
      const isFirst = this.#full.length === 0
      this.#full.push(appendBlock(index, this.#made, block, { isFirst, cache: this.#options.cache }))
      if (!this.#isStored) this.note('index', null)
      this.#isStored = true
    } catch (error) {
      if (error instanceof LostIndexError) throw error
      this.#full.push(block)
      if (this.#isStored) this.note('index', `Cannot write ${index}: ${messageOf(error)}`)
      this.#isStored = false
    }
    this.#filling = undefined
  }

  /** It goes on from the day before, as far as that is still there: so a loss at midnight is seen, and any day can be made again alone. */
  async #createGapFinder(): Promise<GapFinder> {
    const before = this.#options.before()
    // One that cannot be read says so itself.
    const numbers = await before?.lastNumbers().catch(() => undefined)
    const since = numbers === undefined ? this.place.day : before!.place.day
    const known = new Map([...(numbers ?? []), ...this.#numbersInBlocks()])
    return createGapFinder({ since: `${since}T00:00:00.000Z`, known })
  }
}

/** A file that was put in the place of another has another one, as a rule. */
export function identityOf({ ino, birthtimeMs }: { ino: number; birthtimeMs: number }): string {
  return `lines ${ino} ${birthtimeMs}`
}
