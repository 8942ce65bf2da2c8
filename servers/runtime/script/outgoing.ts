// `ctx.fetch`: Node's own fetch, whose connections are kept and used again, with an end: cancelled with its request, and not begun when
// too many are waited for. The ids that lead from one service's records to the next one's go along.
import { nextRequestId } from '../request-id.ts'

/** On whose behalf it is. */
export interface Origin {
  readonly id: string
  /** The `traceparent` that came with the request. */
  readonly traceparent: string | undefined
  readonly signal: AbortSignal
}

export interface Outgoing {
  /** Rejects as `fetch` does, and with an Error when too many are under way. */
  fetch(origin: Origin, url: string | URL, init?: RequestInit): Promise<Response>
}

/** More would wait for servers that do not keep up, each with its memory and a connection. */
const UNDER_WAY_MAX = 1000

export function createOutgoing(): Outgoing {
  let underWay = 0
  return {
    async fetch(origin, url, init) {
      if (typeof url === 'string' && url.startsWith('/')) {
        throw new TypeError(`Cannot fetch "${url}": it is no whole URL; ctx.call asks another location of this server`)
      }
      if (underWay >= UNDER_WAY_MAX) throw new Error(`Cannot fetch "${url}": ${underWay} replies are waited for`)
      const headers = new Headers(init?.headers)
      if (!headers.has('x-request-id')) headers.set('x-request-id', origin.id)
      if (!headers.has('traceparent')) headers.set('traceparent', traceparent(origin))
      const signal = init?.signal ? AbortSignal.any([origin.signal, init.signal]) : origin.signal
      // What only Node asks for: that the reply comes after the body.
      const half = init?.body instanceof ReadableStream ? { duplex: 'half' as const } : {}
      underWay++
      try {
        return await globalThis.fetch(url, { ...half, ...init, headers, signal })
      } finally {
        underWay--
      }
    },
  }
}

const TRACEPARENT = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})$/

/** W3C Trace Context: the trace goes on that the client began, else one of the request's own id begins. */
export function traceparent({ id, traceparent: came }: Pick<Origin, 'id' | 'traceparent'>): string {
  const [, trace = id, flags = '01'] = TRACEPARENT.exec(came ?? '') ?? []
  return `00-${trace}-${nextRequestId().slice(0, 16)}-${flags}`
}
