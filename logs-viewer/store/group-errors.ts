// Errors that are one and the same mistake, counted.
import { severityNumber } from '../../servers/contract/record.ts'
import { fingerprintOf, titleOf } from '../query/fingerprint.ts'
import { type ErrorGroup, type ShownRecord, SPARKLINE_BUCKETS } from '../query/wire.ts'
import type { Asking } from './record-store.ts'
import { type Scan, scanDays } from './scan-days.ts'
import { rangeOf } from './time-range.ts'
import type { YardDays } from './yard-days.ts'

/** The newest ones; nobody reads more, and each is kept in memory. */
const GROUPS_MAX = 1000
/** So many are read, the newest first: of a yard in which everything fails the last minutes tell. */
const RECORDS_MAX = 200_000
const RECORDS_TOGETHER = 4096

type Mutable<T> = { -readonly [K in keyof T]: T[K] }
type Group = Mutable<Omit<ErrorGroup, 'sparkline'>> & { readonly sparkline: number[] }

/** The one seen last stands first. */
export async function groupErrors(
  days: YardDays,
  asking: Asking & { readonly nowMs: number },
): Promise<readonly ErrorGroup[]> {
  const { severity } = asking.question
  const isMilder = severity === null || severityNumber(severity) > severityNumber('error')
  const question = isMilder ? ({ ...asking.question, severity: 'error' } as const) : asking.question
  const { fromMs, toMs } = await rangeOf(days, asking)
  const bucketMs = (toMs - fromMs) / SPARKLINE_BUCKETS
  const groups = new Map<string, Group>()
  let count = 0
  const scan: Scan = { ...asking, question, direction: 'older', enough: RECORDS_TOGETHER }
  for await (const { hits } of scanDays(days, scan)) {
    for (const record of hits) {
      const group = groupOf(groups, record)
      if (group === undefined) continue
      group.count++
      group.firstSeen = record.received
      if (record.release !== undefined) group.firstRelease = record.release
      const bucket = Math.floor((Date.parse(record.received) - fromMs) / bucketMs)
      group.sparkline[Math.min(SPARKLINE_BUCKETS - 1, Math.max(0, bucket || 0))]!++
    }
    count += hits.length
    if (count >= RECORDS_MAX) break
  }
  return [...groups.values()]
}

/** What a group is by one of its records alone; undefined when that is no error. */
export function groupOfOne(record: ShownRecord): ErrorGroup | undefined {
  if (severityNumber(record.severity) > severityNumber('error')) return undefined
  const { release } = record
  const group = createGroup(fingerprintOf(record), record)
  return { ...group, count: 1, ...(release === undefined ? {} : { firstRelease: release }) }
}

function groupOf(groups: Map<string, Group>, record: ShownRecord): Group | undefined {
  const fingerprint = fingerprintOf(record)
  const known = groups.get(fingerprint)
  if (known !== undefined || groups.size >= GROUPS_MAX) return known
  const group = createGroup(fingerprint, record)
  groups.set(fingerprint, group)
  return group
}

function createGroup(fingerprint: string, record: ShownRecord): Group {
  const { server, developer, severity, message, received, id } = record
  return {
    fingerprint,
    source: { server, developer },
    severity,
    title: titleOf(message),
    count: 0,
    firstSeen: received,
    lastSeen: received,
    lastId: id,
    sparkline: new Array<number>(SPARKLINE_BUCKETS).fill(0),
    state: 'new',
  }
}
