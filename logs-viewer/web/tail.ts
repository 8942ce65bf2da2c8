// The live tail: server-sent events, kept up whatever happens to the connection.
import type { ShownRecord, Skipped } from '../query/wire.ts'

/** The browser would try again by itself, but not after every failure, and not from where the page is. */
const RETRY_MS = 1000

export type TailState = 'connecting' | 'live' | 'waiting'

export interface TailOptions {
  /** The newest record the page has: the tail begins behind it. Undefined: with what is written from now on. */
  newestId(): string | undefined
  onState(state: TailState): void
  /** Connected, for the first time or again. */
  onOpen(): void
  onRecord(record: ShownRecord): void
  onSkipped(skipped: Skipped): void
}

export interface Tail {
  close(): void
}

export function openTail(query: string, options: TailOptions): Tail {
  let source: EventSource | undefined
  let timer = 0
  const connect = () => {
    const id = options.newestId()
    const opened = new EventSource(`/api/tail?${query}${id === undefined ? '' : `&after=${encodeURIComponent(id)}`}`)
    source = opened
    opened.addEventListener('open', () => {
      options.onState('live')
      options.onOpen()
    })
    opened.addEventListener('message', ({ data }) => options.onRecord(JSON.parse(data)))
    opened.addEventListener('skipped', ({ data }) => options.onSkipped(JSON.parse(data)))
    opened.addEventListener('error', () => {
      options.onState('waiting')
      opened.close()
      timer = setTimeout(connect, RETRY_MS)
    })
  }
  options.onState('connecting')
  connect()
  return {
    close() {
      clearTimeout(timer)
      source?.close()
    },
  }
}
