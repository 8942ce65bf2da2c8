// Brings alerts to one place, a webhook or a mail server, which may be away: they wait, a bounded number of them, and are tried again
// less and less often. What there was no room for is counted and told.
import { messageOf } from '../../servers/contract/errors.ts'
import type { Alert } from './alert.ts'

/** Alerts that come together are one message. */
const GATHER_MS = 2_000
const ALERTS_PER_MESSAGE_MAX = 20
/** What waits for a place that is away. The newest are dropped: the first ones tell what has begun. */
const WAITING_MAX = 200

const RETRY_FIRST_MS = 5_000
const RETRY_MAX_MS = 5 * 60_000
/** Who has not answered for so long is told of nothing that is that old. */
const GIVE_UP_MS = 6 * 60 * 60_000

export interface Place {
  /** For the log: without anything secret. */
  readonly name: string
  /** Rejects when it has not arrived. */
  send(alerts: readonly Alert[], left: number, signal: AbortSignal): Promise<void>
}

export interface Delivery {
  add(alert: Alert): void
  close(): void
}

export interface DeliveryOptions {
  /** A line for the log. */
  tell(severity: 'notice' | 'error', message: string): void
  now(): number
  /** Default: as the constants say. A test has no minutes. */
  readonly gatherMs?: number
  readonly retryFirstMs?: number
}

export function createDelivery(place: Place, options: DeliveryOptions): Delivery {
  const { tell, now, gatherMs = GATHER_MS, retryFirstMs = RETRY_FIRST_MS } = options
  const waiting: Alert[] = []
  const closing = new AbortController()
  let dropped = 0
  let delayMs = retryFirstMs
  let failingSinceMs: number | undefined
  let timer: NodeJS.Timeout | undefined
  let isSending = false

  const later = (ms: number) => {
    if (closing.signal.aborted || isSending) return
    timer ??= setTimeout(() => void sendNext(), ms).unref()
  }
  const sendNext = async () => {
    timer = undefined
    const alerts = waiting.slice(0, ALERTS_PER_MESSAGE_MAX)
    if (alerts.length === 0) return
    isSending = true
    const left = dropped
    try {
      await place.send(alerts, left, closing.signal)
      if (failingSinceMs !== undefined) tell('notice', `Alerts arrive at ${place.name} again`)
      failingSinceMs = undefined
      delayMs = retryFirstMs
      waiting.splice(0, alerts.length)
      dropped -= left
    } catch (error) {
      if (closing.signal.aborted) return
      if (failingSinceMs === undefined) tell('error', `Cannot tell ${place.name} of errors: ${messageOf(error)}`)
      failingSinceMs ??= now()
      if (now() - failingSinceMs > GIVE_UP_MS) {
        const old = waiting.findIndex(({ at }) => now() - Date.parse(at) < GIVE_UP_MS)
        dropped += waiting.splice(0, old === -1 ? waiting.length : old).length
      }
    } finally {
      isSending = false
    }
    const isFailing = failingSinceMs !== undefined
    if (waiting.length > 0) later(isFailing ? delayMs : gatherMs)
    if (isFailing) delayMs = Math.min(RETRY_MAX_MS, delayMs * 2)
  }
  return {
    add(alert) {
      if (waiting.length >= WAITING_MAX) dropped++
      else waiting.push(alert)
      later(gatherMs)
    },
    close() {
      clearTimeout(timer)
      closing.abort(new Error('The viewer stops'))
    },
  }
}
