// Reads a request of node:http as the port wants it: what came, in the order it came, in UTF-8.
import type { IncomingMessage } from 'node:http'
import { addressOfText } from '../client-address.ts'
import { type BadRequest, type CheckedRequest, checkRequest, type Header } from '../request-head.ts'

const NOT_ASCII = /[^\x00-\x7f]/
const ABSOLUTE = /^https?:\/\/[^/?]*/i

export function readRequest(req: IncomingMessage, secure: boolean): CheckedRequest | BadRequest {
  const { rawHeaders } = req
  const headers: Header[] = []
  for (let i = 0; i < rawHeaders.length; i += 2) headers.push([rawHeaders[i]!.toLowerCase(), utf8(rawHeaders[i + 1]!)])
  const url = utf8(req.url ?? '').replace(ABSOLUTE, '')
  const mark = url.indexOf('?')
  return checkRequest({
    method: req.method ?? '',
    rawPath: mark === -1 ? url : url.slice(0, mark) || '/',
    query: mark === -1 ? '' : url.slice(mark + 1),
    headers,
    peer: addressOfText(req.socket.remoteAddress),
    httpVersion: req.httpVersionMinor === 0 ? '1.0' : '1.1',
    secure,
  })
}

/** node:http reads bytes as latin-1. */
function utf8(text: string): string {
  return NOT_ASCII.test(text) ? Buffer.from(text, 'latin1').toString('utf8') : text
}
