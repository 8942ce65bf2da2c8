// A histogram: how many records of each severity arrived when. Without a search in it no record is read for it.
import { SEVERITIES, type Severity, severityNumber } from '../../servers/contract/record.ts'
import type { HistogramReply } from '../query/wire.ts'
import { isHidden, msOf, severityOf } from './block.ts'
import type { Asking } from './record-store.ts'
import { createTurns, daysOf, scanDays, sourcesOf, timesOf, withBlocks } from './scan-days.ts'
import type { SourceDay } from './source-day.ts'
import { rangeOf } from './time-range.ts'
import type { YardDays } from './yard-days.ts'

/** Finer than the pixels of a screen is for nobody. */
export const BUCKETS_MAX = 2000
const RECORDS_TOGETHER = 4096

export async function countOverTime(
  days: YardDays,
  asking: Asking & { readonly nowMs: number },
  wanted: number,
): Promise<HistogramReply> {
  const { question, scope, signal } = asking
  const sources = sourcesOf(question, scope)
  const dayNames = daysOf(days, asking)
  const turns = createTurns(signal)
  const { fromMs, toMs } = await rangeOf(days, asking)
  const stepMs = Math.ceil((toMs - fromMs) / Math.min(BUCKETS_MAX, Math.max(1, wanted)))
  const counter = createCounter(fromMs, stepMs, Math.ceil((toMs - fromMs) / stepMs))

  if (question.terms.length === 0) {
    const severity = question.severity === null ? SEVERITIES.length - 1 : severityNumber(question.severity)
    for (const day of dayNames) {
      for (const source of days.sourceDays(sources, day)) {
        await source.catchUp(signal)
        const range = { ...timesOf(question, day), severity }
        await withBlocks([source], signal, () => countDay(source, range, counter.add))
        await turns()
      }
    }
  } else {
    for await (const { hits } of scanDays(days, { ...asking, direction: 'newer', enough: RECORDS_TOGETHER }))
      for (const { received, severity } of hits) counter.add(Date.parse(received), severityNumber(severity))
  }
  return { fromMs, toMs, stepMs, buckets: counter.buckets() }
}

function countDay(
  { blocks, dayMs }: SourceDay,
  { fromMs, toMs, severity }: { fromMs: number; toMs: number; severity: number },
  add: (ms: number, severity: number) => void,
): void {
  // Read before any is counted: it may have to be done again.
  const wanted = blocks
    .filter((block) => block.lastMs >= fromMs && block.firstMs < toMs)
    .map((block) => ({ count: block.count, stamps: block.columns().stamps }))
  for (const { count, stamps } of wanted) {
    for (let index = 0; index < count; index++) {
      const stamp = stamps[index]!
      const ms = msOf(stamp)
      if (ms >= fromMs && ms < toMs && severityOf(stamp) <= severity && !isHidden(stamp))
        add(dayMs + ms, severityOf(stamp))
    }
  }
}

function createCounter(fromMs: number, stepMs: number, buckets: number) {
  const kinds = SEVERITIES.length
  const counts = new Uint32Array(buckets * kinds)
  return {
    /** What lies outside belongs to the first or the last one: a clock that jumped has put it there. */
    add(ms: number, severity: number): void {
      const bucket = Math.min(buckets - 1, Math.max(0, Math.floor((ms - fromMs) / stepMs)))
      counts[bucket * kinds + severity]!++
    },
    buckets: () =>
      Array.from({ length: buckets }, (_, bucket) => ({
        atMs: fromMs + bucket * stepMs,
        counts: Object.fromEntries(
          SEVERITIES.flatMap((severity, number) => {
            const count = counts[bucket * kinds + number]!
            return count === 0 ? [] : [[severity, count]]
          }),
        ) as Partial<Record<Severity, number>>,
      })).filter(({ counts }) => Object.keys(counts).length > 0),
  }
}
