// Finds what somebody has to be told of: a group of errors that is new, one that came back, and many errors of one sandbox at once.
// Groups are what the store says they are, so an alert and the page never disagree.
import { severityNumber } from '../../servers/contract/record.ts'
import { EVERYTHING } from '../query/question.ts'
import type { ErrorGroup, ShownRecord, Source } from '../query/wire.ts'
import { type Judgements, stateAt } from '../state/judgements.ts'
import type { KnownErrors } from '../state/known-errors.ts'
import type { RecordStore } from '../store/record-store.ts'
import type { Alert } from './alert.ts'
import { createErrorRate } from './error-rate.ts'

const ERROR = severityNumber('error')

/** After an error so long is waited for more of them. */
const LOOK_AFTER_MS = 2_000
/** And once more then: what can be searched may be behind what has arrived. */
const LOOK_AGAIN_MS = 15_000
/** What came so long before the last look is looked at once more, for the same reason. */
const OVERLAP_MS = 60_000
/** What came while nobody was looking is told of when it is no older. */
const CATCH_UP_MS = 24 * 60 * 60_000
const LOOK_DEADLINE_MS = 60_000

/** Things that were told of and may not be told of again yet. */
const QUIET_MAX = 10_000

export interface WatchOptions {
  readonly store: RecordStore
  readonly judgements: Judgements
  readonly known: KnownErrors
  readonly errorsPerMinute: number | null
  readonly quietMinutes: number
  onAlert(alert: Alert): void
  /** A look has failed; the next one comes. */
  onFailure(error: unknown): void
  now(): number
  /** Default: LOOK_AFTER_MS. A test has no seconds. */
  readonly lookAfterMs?: number
}

export interface ErrorWatch {
  /** Resolves when a look that is under way has ended. */
  close(): Promise<void>
}

export function watchErrors(options: WatchOptions): ErrorWatch {
  const { store, judgements, known, errorsPerMinute, quietMinutes, now, lookAfterMs = LOOK_AFTER_MS } = options
  const rate = createErrorRate()
  const told = new Map<string, number>()
  const closing = new AbortController()
  const timers = new Set<NodeJS.Timeout>()
  let looking: Promise<void> = Promise.resolve()
  let isDue = false

  const tell = (key: string, alert: Alert) => {
    const before = told.get(key)
    if (before !== undefined && now() - before < quietMinutes * 60_000) return
    told.delete(key)
    told.set(key, now())
    if (told.size > QUIET_MAX) told.delete(told.keys().next().value!)
    options.onAlert(alert)
  }
  const judgeGroup = (group: ErrorGroup, isFirstLook: boolean) => {
    const { fingerprint, source, title, lastSeen, firstRelease } = group
    const judgement = judgements.of(fingerprint)
    const state = stateAt(lastSeen, judgement)
    const isNew = !known.has(fingerprint) && state === 'new'
    if (isFirstLook || (!isNew && state !== 'back')) return
    const release = firstRelease === undefined ? {} : { release: firstRelease }
    const kind = isNew ? 'new' : 'back'
    // Once for each time that somebody has said that it is resolved.
    const key = isNew ? `new ${fingerprint}` : `back ${fingerprint} ${judgement?.at}`
    if (kind === 'back' && told.has(key)) return
    tell(key, { kind, source, title, at: lastSeen, fingerprint, ...release })
  }
  const look = async () => {
    isDue = false
    const begun = now()
    const { until } = known
    const since = until === null ? null : Math.max(Date.parse(until) - OVERLAP_MS, begun - CATCH_UP_MS)
    const from = since === null ? null : new Date(since).toISOString()
    const signal = AbortSignal.any([closing.signal, AbortSignal.timeout(LOOK_DEADLINE_MS)])
    const groups = await store.errors({ question: { ...EVERYTHING, from }, scope: store.sources(), signal })
    for (const group of groups) judgeGroup(group, until === null)
    const fingerprints = groups.map(({ fingerprint }) => fingerprint)
    await known.add(fingerprints, new Date(begun).toISOString())
  }
  const lookIn = (ms: number) => {
    const timer = setTimeout(() => {
      timers.delete(timer)
      looking = looking.then(look).catch((error: unknown) => {
        if (!closing.signal.aborted) options.onFailure(error)
      })
    }, ms)
    timers.add(timer.unref())
  }

  const unfollow = store.follow((records) => {
    const errors = records.filter(({ severity }) => severityNumber(severity) <= ERROR)
    if (errors.length === 0) return
    if (errorsPerMinute !== null) for (const record of errors) tellRate(record, errorsPerMinute)
    if (isDue) return
    isDue = true
    lookIn(lookAfterMs)
    lookIn(lookAfterMs + LOOK_AGAIN_MS)
  })
  const tellRate = (record: ShownRecord, limit: number) => {
    const source: Source = { developer: record.developer, server: record.server }
    const count = rate.count(source, now())
    if (count <= limit) return
    const title = `more than ${limit} a minute, the last one: ${record.message}`
    tell(`rate ${source.server}/${source.developer}`, { kind: 'rate', source, title, at: record.received })
  }
  lookIn(0)
  return {
    async close() {
      unfollow()
      closing.abort(new Error('The viewer stops'))
      for (const timer of timers) clearTimeout(timer)
      await looking
    },
  }
}
