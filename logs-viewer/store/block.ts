// What is known of the records that lie one after another in a log file, without reading them: when each arrived, how severe it is,
// where its line begins, and which pieces of text do not occur. Made from the file, and made again when it is gone.
import type { Severity } from '../../servers/contract/record.ts'
import { severityNumber } from '../../servers/contract/record.ts'

/** A block ends with the line that makes it so long: what a search reads in vain at most, and what is read again after a restart. */
export const BLOCK_BYTES = 1024 * 1024
export const BLOCK_RECORDS_MAX = 32 * 1024

export const DAY_MS = 24 * 60 * 60 * 1000

export interface Columns {
  /** For each record: when it arrived, how severe it is, whether it is shown (`packStamp`). Times never go back within a file. */
  readonly stamps: Uint32Array
  /** Where its line begins, in bytes behind `start`. */
  readonly offsets: Uint32Array
}

/** One that is still filled grows; `count` says how far `columns` are good. */
export interface Block {
  /** In bytes of the log file. */
  readonly start: number
  readonly end: number
  readonly count: number
  /** Milliseconds of the day. */
  readonly firstMs: number
  readonly lastMs: number
  /** A bit for each severity that occurs, by its number. */
  readonly severities: number
  /** How many are missing right before a record, by its number in the block. */
  readonly missing: ReadonlyMap<number, number>
  /** And of each run, together. */
  readonly gaps: ReadonlyMap<string, number>
  /** The last number of each run. */
  readonly runs: ReadonlyMap<string, number>
  columns(): Columns
  grams(): Uint8Array
}

const SEVERITY_BITS = 3
const HIDDEN = 2 ** 30
const MS_MASK = 2 ** 27 - 1

/** `ms` of the day, below 2^27. Hidden ones are for whoever looks for gaps. */
export function packStamp(ms: number, severity: Severity, isHidden: boolean): number {
  return (isHidden ? HIDDEN : 0) + ms * 2 ** SEVERITY_BITS + severityNumber(severity)
}

export function msOf(stamp: number): number {
  return (stamp >>> SEVERITY_BITS) & MS_MASK
}

export function severityOf(stamp: number): number {
  return stamp & (2 ** SEVERITY_BITS - 1)
}

export function isHidden(stamp: number): boolean {
  return (stamp & HIDDEN) !== 0
}

/** The number of the record whose line begins there; -1 when none does. */
export function findOffset(block: Block, offset: number): number {
  const { start, count } = block
  const { offsets } = block.columns()
  let low = 0
  let high = count
  while (low < high) {
    const middle = (low + high) >> 1
    if (start + offsets[middle]! < offset) low = middle + 1
    else high = middle
  }
  return low < count && start + offsets[low]! === offset ? low : -1
}
