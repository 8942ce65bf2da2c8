// From when to when a question is about, if it does not say so itself: from the oldest record there is until now.
import type { Asking } from './record-store.ts'
import { createTurns, daysOf, sourcesOf } from './scan-days.ts'
import type { YardDays } from './yard-days.ts'

export interface TimeRange {
  /** Milliseconds since 1970; `fromMs` is in, `toMs` is not. */
  readonly fromMs: number
  readonly toMs: number
}

/** Looks through the oldest day that has records first, if nobody has yet. */
export async function rangeOf(days: YardDays, asking: Asking & { readonly nowMs: number }): Promise<TimeRange> {
  const { question, scope, signal, nowMs } = asking
  const toMs = question.to === null ? nowMs + 1 : Date.parse(question.to)
  if (question.from !== null) return rangeUntil(Date.parse(question.from), toMs)
  const sources = sourcesOf(question, scope)
  const turns = createTurns(signal)
  // Of a day that has aged there may be nothing left: it had no errors.
  for (const name of daysOf(days, asking)) {
    let fromMs = Number.POSITIVE_INFINITY
    for (const day of days.sourceDays(sources, name)) {
      await day.catchUp(signal)
      await turns()
      const [first] = day.blocks
      if (first !== undefined) fromMs = Math.min(fromMs, day.dayMs + first.firstMs)
    }
    if (fromMs !== Number.POSITIVE_INFINITY) return rangeUntil(fromMs, toMs)
  }
  return rangeUntil(nowMs, toMs)
}

/** Never empty. */
function rangeUntil(fromMs: number, toMs: number): TimeRange {
  return { fromMs, toMs: Math.max(fromMs + 1, toMs) }
}
