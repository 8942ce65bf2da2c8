// The live tail: kept up whatever happens to the connection, from where the page is.
import type { ShownRecord, Skipped } from '../../query/wire.ts'
import { askStream, RefusedError } from '../question/ask.ts'
import { readEvents, type ServerEvent } from '../question/read-events.ts'

const RETRY_MS = 1000

/** The server has no place for one more tail at present. */
const FULL_RETRY_MS = 10_000

/** The server gives a sign of life every 15 seconds: a laptop that has slept holds a connection that nobody else does. */
const SILENCE_MS_MAX = 45_000

/** `refused`: it is not asked for again. */
export type TailState = 'connecting' | 'live' | 'waiting' | 'refused'

export interface TailOptions {
  /** The newest record the page has: the tail begins behind it. Undefined: with what is written from now on. */
  newestId(): string | undefined
  /** `sentence`: why it is not live, where the server says so. */
  onState(state: TailState, sentence: string | null): void
  /** Connected, for the first time or again. */
  onOpen(): void
  onRecords(records: readonly ShownRecord[]): void
  onSkipped(skipped: Skipped): void
  /** There is no connection: the next is not tried before this is done. */
  onWaiting(): Promise<void>
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
  options.onState('connecting', null)
  while (!closed.aborted) {
    const end = await follow(question, options, closed)
    if (closed.aborted) return
    options.onState(end.waitMs === null ? 'refused' : 'waiting', end.sentence)
    if (end.waitMs === null) return
    await Promise.all([new Promise((resolve) => setTimeout(resolve, end.waitMs!)), options.onWaiting()])
  }
}

/** How a connection has ended. `waitMs`: how long to wait before the next; null: there is to be none. */
interface End {
  readonly waitMs: number | null
  readonly sentence: string | null
}

const AGAIN: End = { waitMs: RETRY_MS, sentence: null }

/** Until the connection ends. */
async function follow(question: URLSearchParams, options: TailOptions, closed: AbortSignal): Promise<End> {
  const silent = new AbortController()
  let timer = 0
  const isAlive = () => {
    clearTimeout(timer)
    timer = setTimeout(() => silent.abort(), SILENCE_MS_MAX)
  }
  isAlive()
  let refused = null as string | null
  try {
    const newestId = options.newestId()
    const words = new URLSearchParams(question)
    if (newestId !== undefined) words.set('after', newestId)
    const response = await askStream(`/api/tail?${words}`, { signal: AbortSignal.any([closed, silent.signal]) })
    options.onState('live', null)
    options.onOpen()
    const take = (events: readonly ServerEvent[]) => {
      if (!closed.aborted) refused = handOn(events, options) ?? refused
    }
    await readEvents(response, take, isAlive)
  } catch (error) {
    if (error instanceof RefusedError) return endOf(error)
  } finally {
    clearTimeout(timer)
  }
  return refused === null ? AGAIN : { waitMs: null, sentence: refused }
}

function endOf({ status, message }: RefusedError): End {
  if (status === 429 || status === 503) return { waitMs: FULL_RETRY_MS, sentence: message }
  const isRefused = status >= 400 && status < 500
  // Of a login that has ended the form for a token speaks.
  return isRefused ? { waitMs: null, sentence: status === 401 ? null : message } : AGAIN
}

/** Answers the sentence of the last event, `refused`, when it is among them. */
function handOn(events: readonly ServerEvent[], options: TailOptions): string | null {
  let records: ShownRecord[] = []
  let refused: string | null = null
  for (const { name, data } of events) {
    if (name === 'message') records.push(JSON.parse(data) as ShownRecord)
    if (name === 'refused') refused = (JSON.parse(data) as { message: string }).message
    if (name !== 'skipped') continue
    options.onRecords(records)
    records = []
    options.onSkipped(JSON.parse(data) as Skipped)
  }
  if (records.length > 0) options.onRecords(records)
  return refused
}
