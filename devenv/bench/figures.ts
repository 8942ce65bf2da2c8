// Figures of several rounds, and what a bar says of them.

/** What one peer needed, round by round, in the unit of its job. The rounds of all peers of a job belong together. */
export interface Measured {
  readonly peer: string
  readonly values: readonly number[]
}

export interface Spread {
  readonly min: number
  readonly median: number
  readonly max: number
}

/** A promise of the product: a ratio of two peers within each round, or one peer's own figure. */
export interface Bar {
  readonly text: string
  readonly of: string
  /** Without it the figure itself is compared. */
  readonly against?: string
  readonly atMost?: number
  readonly atLeast?: number
}

export interface JudgedBar extends Bar {
  /** Undefined when a peer is missing. */
  readonly measured: Spread | undefined
  readonly verdict: 'held' | 'missed' | 'not measured'
}

export interface JobResult {
  readonly title: string
  readonly unit: string
  readonly measured: readonly Measured[]
  readonly missing: readonly string[]
  readonly bars: readonly JudgedBar[]
}

export interface JobFigures extends Pick<JobResult, 'title' | 'unit' | 'measured'> {
  readonly bars: readonly Bar[]
  /** Peers that are not installed here, with what would have to be. */
  readonly missing?: readonly string[]
}

export function judge({ bars, missing = [], ...job }: JobFigures): JobResult {
  return { ...job, missing, bars: bars.map((bar) => judgeBar(bar, job.measured)) }
}

function judgeBar(bar: Bar, measured: readonly Measured[]): JudgedBar {
  const of = measured.find(({ peer }) => peer === bar.of)
  const against = measured.find(({ peer }) => peer === bar.against)
  if (of === undefined || (bar.against !== undefined && against === undefined)) {
    return { ...bar, measured: undefined, verdict: 'not measured' }
  }
  const spread = spreadOf(
    of.values.map((value, round) => (against === undefined ? value : value / against.values[round]!)),
  )
  const held = spread.median <= (bar.atMost ?? Number.POSITIVE_INFINITY) && spread.median >= (bar.atLeast ?? 0)
  return { ...bar, measured: spread, verdict: held ? 'held' : 'missed' }
}

export function spreadOf(values: readonly number[]): Spread {
  return { min: Math.min(...values), median: median(values), max: Math.max(...values) }
}

/** The middle value, or the upper one of the two in the middle. */
export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!
}

/** A table of the peers, and a line for each bar. */
export function renderJob({ title, unit, measured, missing, bars }: JobResult): string {
  const width = Math.max(...measured.map(({ peer }) => peer.length), 14)
  const peers = measured.map(({ peer, values }) => `  ${peer.padEnd(width)} ${renderSpread(spreadOf(values), 8)}`)
  const lines = [`${title}, ${unit}: min, median, max of ${measured[0]?.values.length ?? 0}`, ...peers]
  for (const what of missing) lines.push(`  missing: ${what}`)
  for (const bar of bars) lines.push(renderBar(bar))
  return lines.join('\n')
}

export function renderBar({ text, atMost, atLeast, measured, verdict }: JudgedBar): string {
  const limit = atMost === undefined ? `≥ ${atLeast}` : `≤ ${atMost}`
  const figure = measured === undefined ? '' : `: ${renderSpread(measured)}`
  return `  ${verdict === 'missed' ? 'MISSED' : verdict.padEnd(6)} ${text} ${limit}${figure}`
}

function renderSpread({ min, median, max }: Spread, width = 0): string {
  return [min, median, max].map((value) => digits(value).padStart(width)).join(' ')
}

function digits(value: number): string {
  if (value >= 1000) return value.toFixed(0)
  return value >= 100 ? value.toFixed(1) : value.toFixed(2)
}
