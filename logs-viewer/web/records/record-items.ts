// What the list shows, row by row: records in the order of arrival, and between them where a day begins, where records are missing
// and where the page was too slow.
import type { ShownRecord, Skipped } from '../../query/wire.ts'

/** So many records are kept in the page; the server has the rest. */
export const RECORDS_MAX = 5000

interface Placed {
  /** Names the row on the page. */
  readonly key: number
  /** In pixels; 0 until it was drawn once. */
  height: number
}

export interface RecordItem extends Placed {
  readonly kind: 'record'
  readonly record: ShownRecord
  isOpen: boolean
}
export interface SkippedItem extends Placed {
  readonly kind: 'skipped'
  readonly skipped: Skipped
  /** How far the server has looked for them already; null: from the record before this row on. */
  readonly after: string | null
}
export type Item =
  | RecordItem
  | SkippedItem
  | (Placed & { readonly kind: 'day'; readonly day: string })
  | (Placed & { readonly kind: 'missing'; readonly count: number; readonly record: ShownRecord })

/** The day of a time, in the zone that is shown. */
export type DayOf = (time: string) => string

export class RecordItems {
  #items: Item[] = []
  readonly #ids = new Set<string>()
  #key = 0
  readonly #dayOf: DayOf

  constructor(dayOf: DayOf) {
    this.#dayOf = dayOf
  }

  get all(): readonly Item[] {
    return this.#items
  }

  get size(): number {
    return this.#ids.size
  }

  get first(): ShownRecord | undefined {
    return this.#items.find((item) => item.kind === 'record')?.record
  }

  get last(): ShownRecord | undefined {
    return this.#items.findLast((item) => item.kind === 'record')?.record
  }

  has({ id }: ShownRecord): boolean {
    return this.#ids.has(id)
  }

  /** Answers those that were new. */
  append(records: readonly ShownRecord[]): readonly ShownRecord[] {
    const fresh = records.filter(({ id }) => !this.#ids.has(id))
    this.#items.push(...this.#create(fresh, this.last))
    return fresh
  }

  prepend(records: readonly ShownRecord[]): void {
    const first = this.first
    const fresh = records.filter(({ id }) => !this.#ids.has(id))
    const items = this.#create(fresh, undefined)
    const last = fresh.at(-1)
    // Where the two meet a day may begin, which nobody could know before.
    if (first !== undefined && last !== undefined && this.#items[0]?.kind === 'record') {
      items.push(...this.#between(last, first))
    }
    this.#items.unshift(...items)
  }

  skip(skipped: Skipped): void {
    this.#items.push({ kind: 'skipped', skipped, after: null, key: this.#key++, height: 0 })
  }

  /** The record right before a row. */
  before(item: Item): ShownRecord | undefined {
    const found = this.#items.slice(0, this.#items.indexOf(item)).findLast((other) => other.kind === 'record')
    return found?.kind === 'record' ? found.record : undefined
  }

  /**
   * Puts records into the place of a row that says they were skipped. It stays, with fewer, while there are more of them: those behind
   * `after`, null at the end. The order of arrival is not that of the tail, so what is known may lie among them; only the record
   * behind the row is the end of it.
   */
  fill(item: SkippedItem, records: readonly ShownRecord[], after: string | null): void {
    const at = this.#items.indexOf(item)
    if (at === -1) return
    const next = this.#items.slice(at).find((other) => other.kind === 'record')
    const end = records.findIndex(({ id }) => next?.kind === 'record' && id === next.record.id)
    const fresh = (end === -1 ? records : records.slice(0, end)).filter(({ id }) => !this.#ids.has(id))
    const items = this.#create(fresh, this.before(item))
    if (after !== null && end === -1) {
      const { count, errors } = item.skipped
      const skipped = {
        count: count === null ? null : Math.max(0, count - fresh.length),
        errors: fresh.length === 0 ? errors : 0,
      }
      items.push({ kind: 'skipped', skipped, after, key: this.#key++, height: 0 })
    }
    this.#items.splice(at, 1, ...items)
  }

  /** Lets go of the oldest, or the newest, beyond `RECORDS_MAX`. Answers whether there were any. */
  trim(end: 'oldest' | 'newest'): boolean {
    const over = this.#ids.size - RECORDS_MAX
    if (over <= 0) return false
    let count = 0
    let records = 0
    while (records < over) {
      const item = this.#items.at(end === 'oldest' ? count : -1 - count)!
      if (item.kind === 'record') {
        this.#ids.delete(item.record.id)
        records++
      }
      count++
    }
    // What was skipped before the oldest record comes with those that are older.
    if (end === 'oldest') while (this.#items[count]?.kind === 'skipped') count++
    if (end === 'oldest') this.#items.splice(0, count)
    else this.#items.length -= count
    return true
  }

  /** After a change of the width, of columns or of wrapping: nothing is as high as it was. */
  forgetHeights(): void {
    for (const item of this.#items) item.height = 0
  }

  #create(records: readonly ShownRecord[], before: ShownRecord | undefined): Item[] {
    const items: Item[] = []
    let last = before
    for (const record of records) {
      this.#ids.add(record.id)
      items.push(...this.#between(last, record))
      items.push({ kind: 'record', record, isOpen: false, key: this.#key++, height: 0 })
      last = record
    }
    return items
  }

  #between(before: ShownRecord | undefined, record: ShownRecord): Item[] {
    const items: Item[] = []
    const day = this.#dayOf(record.received)
    if (before !== undefined && this.#dayOf(before.received) !== day) {
      items.push({ kind: 'day', day, key: this.#key++, height: 0 })
    }
    if (before !== undefined && record.missing !== undefined && record.missing > 0) {
      items.push({ kind: 'missing', count: record.missing, record, key: this.#key++, height: 0 })
    }
    return items
  }
}
