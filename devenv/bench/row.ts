// What `bench:push` and `bench:logs` print: a line for each figure, with its bar beside it.
import { type Spread, spreadOf } from './figures.ts'

export interface Row {
  readonly title: string
  readonly unit: 'ms' | 'µs' | 'MiB' | '/s' | 'B' | '×' | ''
  readonly values: readonly number[]
  /** What the judged figure may be at most, or has to be at least. */
  readonly atMost?: number
  readonly atLeast?: number
  /** Which of the values is judged. Default `median`; `best` where others load the machine, and only the least disturbed one tells. */
  readonly judged?: 'median' | 'best'
  /** What else is to be known of it. */
  readonly note?: string
}

export interface Section {
  readonly title: string
  readonly rows: readonly Row[]
}

/** Of a measurement to which the bars do not belong. */
export function withoutBars({ title, rows }: Section): Section {
  return { title, rows: rows.map(({ atMost: _, atLeast: __, ...row }) => row) }
}

/** Null where there is no bar. */
export function isHeld(row: Row): boolean | null {
  const { atMost, atLeast } = row
  if (atMost === undefined && atLeast === undefined) return null
  const figure = judgedFigure(row, spreadOf(row.values))
  return figure <= (atMost ?? Number.POSITIVE_INFINITY) && figure >= (atLeast ?? Number.NEGATIVE_INFINITY)
}

/** What the bars of a section come to. */
export function barsOf({ rows }: Section): { verdict: 'held' | 'missed'; text: string }[] {
  return rows.flatMap((row) => {
    const held = isHeld(row)
    if (held === null) return []
    return [
      { verdict: held ? ('held' as const) : ('missed' as const), text: `  MISSED ${row.title} ${renderLimit(row)}` },
    ]
  })
}

/** `≤ 20 ms`; empty where there is no bar. */
export function renderLimit({ atMost, atLeast, unit }: Row): string {
  if (atMost !== undefined) return `≤ ${atMost} ${unit}`.trimEnd()
  return atLeast === undefined ? '' : `≥ ${atLeast} ${unit}`.trimEnd()
}

export function renderSection({ title, rows }: Section): string {
  const width = Math.max(...rows.map((row) => row.title.length))
  const lines = rows.map((row) => {
    const { min, median, max } = spreadOf(row.values)
    const figures = [min, median, max].map((value) => digits(value).padStart(8)).join('')
    const held = isHeld(row)
    const bar = held === null ? '' : `${renderLimit(row)} ${held ? 'held' : 'MISSED'}`
    return `  ${row.title.padEnd(width)} ${figures} ${row.unit.padEnd(3)} ${bar.padEnd(17)} ${row.note ?? ''}`.trimEnd()
  })
  return [`${title}: min, median, max`, ...lines].join('\n')
}

function judgedFigure({ judged, atLeast }: Row, { min, median, max }: Spread): number {
  if (judged !== 'best') return median
  return atLeast === undefined ? min : max
}

function digits(value: number): string {
  return Number.isInteger(value) || value >= 100 ? value.toFixed(0) : value.toFixed(1)
}
