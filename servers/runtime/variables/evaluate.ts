// A text of the conf with its variables filled in, for one request. Each text is compiled once, when it is first used.
import type { Text } from '../../contract/conf/conf.ts'
import type { ServedRequest } from '../served-request.ts'
import { type Reader, readerOf } from './reader-of.ts'

const compiled = new WeakMap<Text, (request: ServedRequest) => string>()

/** What a variable does not have is empty, as in nginx. */
export function evaluate(text: Text, request: ServedRequest): string {
  if (text.length === 0) return ''
  const [first] = text
  if (text.length === 1 && typeof first === 'string') return first
  let run = compiled.get(text)
  if (run === undefined) {
    run = compile(text)
    compiled.set(text, run)
  }
  return run(request)
}

function compile(text: Text): (request: ServedRequest) => string {
  const parts = text.map((part): string | Reader => (typeof part === 'string' ? part : readerOf(part.variable)))
  const [only] = parts
  if (parts.length === 1 && typeof only === 'function') return (request) => only(request) ?? ''
  return (request) => {
    let value = ''
    for (const part of parts) value += typeof part === 'string' ? part : (part(request) ?? '')
    return value
  }
}
