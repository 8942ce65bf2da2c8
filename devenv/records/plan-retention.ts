// Which files of records have to go. Pure.
//
// A day is JSON lines first; when it is over the log page makes Parquet of it, and of its errors alone. So what goes first costs nothing
// (the lines of a day that is Parquet, too), then what was no error, and errors last.
import type { YardLogs } from '../settings/settings.ts'

export interface RecordFile {
  readonly path: string
  readonly kind: 'lines' | 'parquet' | 'errors'
  /** The UTC day of its records. */
  readonly day: string
  readonly bytes: number
  /** Lines: all of them are in a Parquet file that was compared with them. */
  readonly isSealed?: boolean
}

export interface Disk {
  readonly freeBytes: number
  readonly totalBytes: number
}

export type RetentionReason = 'plain_days' | 'keep_days' | 'keep_error_days' | 'keep_bytes' | 'disk'

export interface Dropping {
  readonly file: RecordFile
  readonly reason: RetentionReason
}

/** So much of a disk is kept free: pushes, Redis and MariaDB need room more than old records do. */
const FREE_SHARE_MIN = 0.05
const FREE_BYTES_MIN = 5 * 1024 ** 3
/** Today and yesterday, which may still grow. */
const OPEN_DAYS = 2
const DAY_MS = 24 * 60 * 60 * 1000

export function planRetention(files: readonly RecordFile[], nowMs: number, logs: YardLogs, disk: Disk): Dropping[] {
  const ageOf = ({ day }: RecordFile) => Math.floor((nowMs - Date.parse(day)) / DAY_MS)
  const dropped = files.flatMap((file): Dropping[] => {
    const reason = reasonOfAge(file, ageOf(file), logs)
    return reason === undefined ? [] : [{ file, reason }]
  })
  const left = new Set(files)
  for (const { file } of dropped) left.delete(file)

  const sum = (some: Iterable<RecordFile>) => [...some].reduce((bytes, file) => bytes + file.bytes, 0)
  const freed = sum(dropped.map(({ file }) => file))
  let tooMuch = sum(left) - logs.keepBytes
  let tooFull = Math.min(disk.totalBytes * FREE_SHARE_MIN, FREE_BYTES_MIN) - disk.freeBytes - freed
  const closed = [...left].filter((file) => ageOf(file) >= OPEN_DAYS)
  for (const file of closed.sort((a, b) => rankOf(a) - rankOf(b) || (a.day < b.day ? -1 : 1))) {
    if (tooMuch <= 0 && tooFull <= 0) break
    dropped.push({ file, reason: tooFull > 0 ? 'disk' : 'keep_bytes' })
    tooMuch -= file.bytes
    tooFull -= file.bytes
  }
  return dropped
}

function reasonOfAge({ kind, isSealed }: RecordFile, age: number, logs: YardLogs): RetentionReason | undefined {
  if (kind === 'errors') return age >= logs.keepErrorDays ? 'keep_error_days' : undefined
  if (age >= logs.keepDays) return 'keep_days'
  return kind === 'lines' && isSealed && age >= logs.plainDays ? 'plain_days' : undefined
}

function rankOf({ kind, isSealed }: RecordFile): number {
  if (kind === 'errors') return 2
  return kind === 'lines' && isSealed ? 0 : 1
}
