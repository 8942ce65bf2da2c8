// The few replies that the transport gives by itself.
import type { WireReply } from './port.ts'

/** A reply after which the connection ends. */
export function closingReply(status: number, reason: string): WireReply {
  return {
    status,
    headers: [
      ['Content-Type', 'text/plain'],
      ['Connection', 'close'],
    ],
    body: `${reason}\n`,
  }
}

export const INTERNAL_ERROR = closingReply(500, 'Internal Server Error')
export const TOO_MANY_CONNECTIONS = closingReply(503, 'Too many connections')
