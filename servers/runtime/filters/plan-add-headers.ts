// `add_header NAME VALUE [always]`.
import type { LocationConf } from '../../contract/conf/conf.ts'
import { evaluate } from '../variables/evaluate.ts'
import { getsHeaders, headerValue, without } from './headers.ts'
import type { ReplyFilter } from './plan-filters.ts'

/** Of these there is only one: nginx's replaces the one that is there, an empty value takes it away. */
const SINGLE = new Set(['last-modified', 'etag'])

/** Undefined when there are none. */
export function planAddHeaders(added: LocationConf['addHeaders']): ReplyFilter | undefined {
  if (added.length === 0) return undefined
  return (reply, request) => {
    const isUsual = getsHeaders(reply.status)
    let headers = reply.headers
    for (const { name, value, always } of added) {
      if (!always && !isUsual) continue
      const text = headerValue(evaluate(value, request))
      const lower = name.toLowerCase()
      if (SINGLE.has(lower)) headers = without(headers, lower)
      if (text !== '') headers = [...headers, [name, text]]
    }
    return headers === reply.headers ? reply : { ...reply, headers }
  }
}
