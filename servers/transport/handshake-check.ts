// Whether a request asks for a WebSocket, and asks correctly (RFC 6455 section 4.2.1).
import type { RequestHead, WireReply } from './port.ts'
import { headerOf } from './request-head.ts'

const KEY = /^[A-Za-z0-9+/]{22}==$/

/** True when the client wants a WebSocket, whether or not its handshake is valid. */
export function asksForWebSocket(head: RequestHead): boolean {
  return headerOf(head, 'upgrade')?.toLowerCase() === 'websocket'
}

/** What an invalid handshake is answered with; undefined for a valid one. */
export function refuseHandshake(head: RequestHead): WireReply | undefined {
  if (head.method !== 'GET') return refusal(405, 'A WebSocket begins with GET\n', [['Allow', 'GET']])
  if (headerOf(head, 'sec-websocket-version') !== '13') {
    return refusal(426, 'WebSocket version 13 is needed\n', [
      ['Upgrade', 'websocket'],
      ['Sec-WebSocket-Version', '13'],
    ])
  }
  const connection = headerOf(head, 'connection')?.toLowerCase().split(',') ?? []
  if (!connection.some((option) => option.trim() === 'upgrade'))
    return refusal(400, 'Connection must say upgrade\n', [])
  if (!KEY.test(headerOf(head, 'sec-websocket-key') ?? '')) return refusal(400, 'Invalid Sec-WebSocket-Key\n', [])
  return undefined
}

function refusal(status: number, body: string, headers: WireReply['headers']): WireReply {
  return { status, headers: [['Content-Type', 'text/plain'], ...headers], body }
}

/** The subprotocol to echo: the chosen one if the client offered it, else none. */
export function echoedProtocol(head: RequestHead, chosen: string | undefined): string | undefined {
  if (chosen === undefined || chosen === '') return undefined
  for (const [name, value] of head.headers) {
    if (name !== 'sec-websocket-protocol') continue
    for (const offered of value.split(',')) if (offered.trim() === chosen) return chosen
  }
  return undefined
}
