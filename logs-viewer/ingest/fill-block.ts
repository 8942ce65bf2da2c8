// A block that is still filled, record by record.
import type { LogRecord } from '../../servers/contract/record.ts'
import { searchedText } from '../query/matches-question.ts'
import { BLOCK_BYTES, BLOCK_RECORDS_MAX, type Block, type Columns, DAY_MS, packStamp } from '../store/block.ts'
import { addGrams, createGrams } from '../store/grams.ts'

/** Where room for records begins; it doubles. */
const RECORDS_FIRST = 64

export interface Added {
  readonly offset: number
  /** Behind the line's newline. */
  readonly end: number
  readonly record: LogRecord
  readonly missing: number
  readonly hidden: boolean
}

export class FillingBlock implements Block {
  readonly start: number
  end: number
  count = 0
  firstMs = 0
  lastMs: number
  severities = 0
  readonly missing = new Map<number, number>()
  readonly gaps = new Map<string, number>()
  readonly runs = new Map<string, number>()
  readonly #dayMs: number
  readonly #grams = createGrams()
  #stamps = new Uint32Array(RECORDS_FIRST)
  #offsets = new Uint32Array(RECORDS_FIRST)

  /** `lastMs`: of the record before, because times never go back within a file, whatever a clock does. */
  constructor({ start, lastMs, dayMs }: { start: number; lastMs: number; dayMs: number }) {
    this.start = start
    this.end = start
    this.lastMs = lastMs
    this.#dayMs = dayMs
  }

  get isFull(): boolean {
    return this.end - this.start >= BLOCK_BYTES || this.count >= BLOCK_RECORDS_MAX
  }

  add({ offset, end, record, missing, hidden }: Added): void {
    if (this.count === this.#stamps.length) this.#grow()
    const ms = Date.parse(record.received) - this.#dayMs
    if (ms > this.lastMs) this.lastMs = Math.min(ms, DAY_MS - 1)
    if (this.count === 0) this.firstMs = this.lastMs
    const stamp = packStamp(this.lastMs, record.severity, hidden)
    this.#stamps[this.count] = stamp
    this.#offsets[this.count] = offset - this.start
    const { run, seq } = record
    if (run !== undefined && seq !== undefined) this.runs.set(run, Math.max(seq, this.runs.get(run) ?? 0))
    if (run !== undefined && missing !== 0) {
      this.missing.set(this.count, missing)
      this.gaps.set(run, missing + (this.gaps.get(run) ?? 0))
    }
    if (!hidden) {
      this.severities |= 1 << (stamp & 7)
      addGrams(this.#grams, searchedText(record))
      if (record.release !== undefined) addGrams(this.#grams, record.release.toLowerCase())
    }
    this.count++
    this.end = end
  }

  columns(): Columns {
    return { stamps: this.#stamps, offsets: this.#offsets }
  }

  grams(): Uint8Array {
    return this.#grams
  }

  #grow(): void {
    const stamps = new Uint32Array(this.#stamps.length * 2)
    const offsets = new Uint32Array(stamps.length)
    stamps.set(this.#stamps)
    offsets.set(this.#offsets)
    this.#stamps = stamps
    this.#offsets = offsets
  }
}
