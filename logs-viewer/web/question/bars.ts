// A histogram as shapes: what there is of records stands on the line, errors hang below it on a scale of their own, so that three errors are
// seen among a million records, and told apart without colour.
import { SEVERITIES, type Severity, severityNumber } from '../../../servers/contract/record.ts'
import type { HistogramReply } from '../../query/wire.ts'

export interface Counts {
  readonly errors: number
  readonly warnings: number
  readonly others: number
}

/** Shares of the height above and below the line, 0 to 1. */
export interface Bar extends Counts {
  readonly atMs: number
  readonly x: number
  readonly width: number
  readonly othersHeight: number
  readonly warningsHeight: number
  readonly errorsHeight: number
}

const ERROR = severityNumber('error')
const WARN = severityNumber('warn')

export function countsOf(counts: Readonly<Partial<Record<Severity, number>>>): Counts {
  let errors = 0
  let warnings = 0
  let others = 0
  for (const severity of SEVERITIES) {
    const count = counts[severity] ?? 0
    if (severityNumber(severity) <= ERROR) errors += count
    else if (severityNumber(severity) === WARN) warnings += count
    else others += count
  }
  return { errors, warnings, others }
}

export function barsOf({ buckets, fromMs, toMs, stepMs }: HistogramReply, width: number): readonly Bar[] {
  const counted = buckets.map(({ atMs, counts }) => ({ atMs, ...countsOf(counts) }))
  const most = Math.max(1, ...counted.map(({ warnings, others }) => warnings + others))
  const mostErrors = Math.max(1, ...counted.map(({ errors }) => errors))
  const scale = width / Math.max(1, toMs - fromMs)
  return counted.map((bucket) => ({
    ...bucket,
    x: (bucket.atMs - fromMs) * scale,
    width: Math.max(1, stepMs * scale - 1),
    othersHeight: bucket.others / most,
    warningsHeight: bucket.warnings / most,
    errorsHeight: bucket.errors / mostErrors,
  }))
}

const STEPS_MS = [
  1, 5, 15, 30, 60, 300, 900, 1800, 3600, 10_800, 21_600, 43_200, 86_400, 172_800, 604_800, 2_592_000,
].map((seconds) => seconds * 1000)

/** Round moments for the axis, none nearer to the next than `apart` of the whole. `shiftMs`: how far the shown zone is ahead of UTC. */
export function ticksOf(fromMs: number, toMs: number, apart: number, shiftMs: number): readonly number[] {
  const step = STEPS_MS.find((candidate) => candidate >= (toMs - fromMs) * apart) ?? STEPS_MS.at(-1)!
  const ticks: number[] = []
  for (let at = Math.ceil((fromMs + shiftMs) / step) * step - shiftMs; at < toMs; at += step) ticks.push(at)
  return ticks
}
