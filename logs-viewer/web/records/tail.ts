// The live tail: kept up whatever happens to the connection, from where the page is.
import type { ShownRecord, Skipped } from '../../query/wire.ts'
import { askStream, RefusedError } from '../question/ask.ts'
import { readEvents, type ServerEvent } from '../question/read-events.ts'

const RETRY_MS = 1000

/** The server has no place for one more tail at present. */
const FULL_RETRY_MS = 10_000

/** The server gives a sign of life every 15 seconds: a laptop that has slept holds a connection that nobody else does. */
const SILENCE_MS_MAX = 45_000

export type TailState = 'connecting' | 'live' | 'waiting'

export interface TailOptions {
  /** The newest record the page has: the tail begins behind it. Undefined: with what is written from now on. */
  newestId(): string | undefined
  onState(state: TailState): void
  /** Connected, for the first time or again. */
  onOpen(): void
  onRecords(records: readonly ShownRecord[]): void
  onSkipped(skipped: Skipped): void
  /** The server does not understand the question: asking again is of no use. The text is a sentence. */
  onRefused(sentence: string): void
}

export interface Tail {
  close(): void
}

export function openTail(question: URLSearchParams, options: TailOptions): Tail {
  const closed = new AbortController()
  void keepOpen(question, options, closed.signal)
  return { close: () => closed.abort() }
}

async function keepOpen(question: URLSearchParams, options: TailOptions, closed: AbortSignal): Promise<void> {
  options.onState('connecting')
  while (!closed.aborted) {
    const waitMs = await follow(question, options, closed)
    if (closed.aborted || waitMs === null) return
    options.onState('waiting')
    await new Promise((resolve) => setTimeout(resolve, waitMs))
  }
}

/** Until the connection ends. Answers how long to wait before the next; null when there is to be none. */
async function follow(question: URLSearchParams, options: TailOptions, closed: AbortSignal): Promise<number | null> {
  const silent = new AbortController()
  let timer = 0
  const isAlive = () => {
    clearTimeout(timer)
    timer = setTimeout(() => silent.abort(), SILENCE_MS_MAX)
  }
  isAlive()
  try {
    const newestId = options.newestId()
    const words = new URLSearchParams(question)
    if (newestId !== undefined) words.set('after', newestId)
    const response = await askStream(`/api/tail?${words}`, { signal: AbortSignal.any([closed, silent.signal]) })
    options.onState('live')
    options.onOpen()
    await readEvents(response, (events) => !closed.aborted && handOn(events, options), isAlive)
  } catch (error) {
    if (!(error instanceof RefusedError)) return RETRY_MS
    if (error.status === 401) return null
    if (error.status === 429 || error.status === 503) return FULL_RETRY_MS
    if (error.status >= 400 && error.status < 500) {
      options.onRefused(error.message)
      return null
    }
  } finally {
    clearTimeout(timer)
  }
  return RETRY_MS
}

function handOn(events: readonly ServerEvent[], options: TailOptions): void {
  let records: ShownRecord[] = []
  for (const { name, data } of events) {
    if (name === 'message') records.push(JSON.parse(data) as ShownRecord)
    if (name !== 'skipped') continue
    options.onRecords(records)
    records = []
    options.onSkipped(JSON.parse(data) as Skipped)
  }
  if (records.length > 0) options.onRecords(records)
}
