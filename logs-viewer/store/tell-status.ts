// How much there is, and what is not as it should be.
import { statSync } from 'node:fs'
import type { Scope } from '../query/question.ts'
import type { StoreStatus } from './record-store.ts'
import type { YardDays } from './yard-days.ts'

export async function tellStatus(
  days: YardDays,
  scope: Scope,
  { nowMs, behindMs, notes }: { nowMs: number; behindMs: number; notes: readonly string[] },
): Promise<StoreStatus> {
  const names: string[] = []
  const today = new Date(nowMs).toISOString().slice(0, 10)
  let records = 0
  let bytes = 0
  const gaps = { processes: 0, records: 0 }
  for (const name of days.daysOf(scope)) {
    const before = records + bytes
    for (const day of days.sourceDays(scope, name)) {
      for (const block of day.blocks) {
        records += block.count
        if (name !== today) continue
        for (const count of block.gaps.values()) gaps.records += count
      }
      if (name === today) gaps.processes += new Set(day.blocks.flatMap((block) => [...block.gaps.keys()])).size
      bytes += bytesOf(day.place.path)
    }
    // Of a day that has aged there may be nothing left: it had no errors.
    if (records + bytes > before) names.push(name)
  }
  return { records, bytes, days: names.length, oldestDay: names[0] ?? null, behindMs, gaps, notes }
}

function bytesOf(path: string): number {
  try {
    return statSync(path, { throwIfNoEntry: false })?.size ?? 0
  } catch {
    return 0
  }
}
