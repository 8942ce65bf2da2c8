// What `bench:push` prints: a line for each figure, with its bar beside it.
import { spreadOf } from '../figures.ts'

export interface Row {
  readonly title: string
  readonly unit: 'ms' | 'MiB' | ''
  readonly values: readonly number[]
  /** What the median may be at most. */
  readonly atMost?: number
  /** What else is to be known of it. */
  readonly note?: string
}

export interface Section {
  readonly title: string
  readonly rows: readonly Row[]
}

/** Null where there is no bar. */
export function isHeld({ values, atMost }: Row): boolean | null {
  return atMost === undefined ? null : spreadOf(values).median <= atMost
}

export function renderSection({ title, rows }: Section): string {
  const width = Math.max(...rows.map((row) => row.title.length))
  const lines = rows.map((row) => {
    const { min, median, max } = spreadOf(row.values)
    const figures = [min, median, max].map((value) => digits(value).padStart(7)).join('')
    const bar = row.atMost === undefined ? '' : `≤ ${row.atMost} ${isHeld(row) ? 'held' : 'MISSED'}`
    return `  ${row.title.padEnd(width)} ${figures} ${row.unit.padEnd(3)} ${bar.padEnd(13)} ${row.note ?? ''}`.trimEnd()
  })
  return [`${title}: min, median, max`, ...lines].join('\n')
}

function digits(value: number): string {
  return Number.isInteger(value) || value >= 100 ? value.toFixed(0) : value.toFixed(1)
}
