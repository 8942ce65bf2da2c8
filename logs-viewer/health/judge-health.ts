// How the log is, in one word and some sentences. Pure.
import type { HealthReply } from '../query/wire.ts'
import type { Losses } from './read-collector.ts'

/** A collector that writes its counters every ten seconds and has not for so long does not run. */
const COLLECTOR_SILENT_MS = 60_000
/** A browser shows it as "now" until then. */
const BEHIND_MS = 10_000
const QUEUED_MAX = 1_000
/** Below it, days of a busy yard may not fit any more. */
const FREE_SHARE_MIN = 0.05
const FREE_BYTES_MIN = 1024 ** 3
const NONE: Losses = { discarded: 0, rateLimited: 0 }

export type Measured = Omit<HealthReply, 'status' | 'notes'> & {
  /** What the store has to say. */
  readonly notes: readonly string[]
}

/** `lost`: what the collector has lost of late, not since it started. */
export function judgeHealth(measured: Measured, nowMs: number, lost: Losses = NONE): HealthReply {
  const { behindMs, gaps, collector, disk } = measured
  const troubles: string[] = []
  const delays: string[] = []
  if (collector !== undefined) {
    const silentMs = nowMs - Date.parse(collector.at)
    if (silentMs > COLLECTOR_SILENT_MS)
      troubles.push(`rsyslogd has said nothing of itself for ${Math.round(silentMs / 1000)} seconds`)
    if (lost.discarded > 0)
      troubles.push(`rsyslogd has thrown ${count(lost.discarded)} away within an hour: its queue was full`)
    if (lost.rateLimited > 0)
      troubles.push(`${count(lost.rateLimited)} of too many at once were not taken within an hour (RATE_LIMIT_BURST)`)
    if (collector.queued > QUEUED_MAX) delays.push(`${count(collector.queued)} wait in rsyslogd's queues`)
  }
  if (disk !== undefined && (disk.freeBytes < FREE_BYTES_MIN || disk.freeBytes < disk.totalBytes * FREE_SHARE_MIN))
    troubles.push(`The disk is nearly full: ${Math.floor(disk.freeBytes / 1024 ** 2)} MiB are left`)
  if (gaps.records > 0)
    troubles.push(`${count(gaps.records)} of ${gaps.processes} processes are missing today, by their numbers`)
  troubles.push(...measured.notes)
  if (behindMs > BEHIND_MS) delays.push(`The index is ${Math.round(behindMs / 1000)} seconds behind the files`)
  const status = troubles.length > 0 ? 'trouble' : delays.length > 0 ? 'behind' : 'ok'
  return { ...measured, status, notes: [...troubles, ...delays] }
}

function count(records: number): string {
  return `${records.toLocaleString('en-US')} ${records === 1 ? 'record' : 'records'}`
}
