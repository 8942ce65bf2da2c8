// Copies what uWebSockets.js lends for the time of one call.
import type { HttpRequest, HttpResponse } from 'uWebSockets.js'
import { type BadRequest, type CheckedRequest, checkRequest, type Header } from '../request-head.ts'

// One array at a time is being filled, because the engine calls back synchronously; a closure per request is saved.
let collected: Header[] = []
const collect = (name: string, value: string): void => {
  collected.push([name, value])
}

export function readRequest(res: HttpResponse, req: HttpRequest, secure: boolean): CheckedRequest | BadRequest {
  const method = req.getCaseSensitiveMethod()
  const rawPath = req.getUrl()
  const query = req.getQuery() ?? ''
  collected = []
  req.forEach(collect)
  return checkRequest({
    method,
    rawPath,
    query,
    headers: collected,
    peer: res,
    // The engine answers any other with 505.
    httpVersion: '1.1',
    secure,
  })
}
