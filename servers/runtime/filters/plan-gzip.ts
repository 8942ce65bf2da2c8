// `gzip on`: ngx_http_gzip_filter_module.
import type { GzipConf } from '../../contract/conf/conf.ts'
import type { RequestHead, WireReply } from '../../transport/port.ts'
import { acceptsGzip } from './accepts-gzip.ts'
import { compress } from './compress.ts'
import { type Headers, headerOf, without } from './headers.ts'
import type { ReplyFilter } from './plan-filters.ts'

/** nginx's: an error's page is worth it, a part of something is not to be encoded anew. */
const STATUSES = new Set([200, 403, 404])

/** Undefined without `gzip on`. */
export function planGzip(conf: GzipConf | undefined): ReplyFilter | undefined {
  if (conf === undefined) return undefined
  const types = new Set(conf.types.map((type) => type.toLowerCase()))
  types.add('text/html')
  return (reply, { head }) => {
    if (!isWorthIt(reply, types, conf.minLength, head.method)) return reply
    const varied = conf.vary ? { ...reply, headers: withVary(reply.headers) } : reply
    if (!mayCompress(head, conf.proxied)) return varied
    return compress({ ...varied, headers: compressedHeaders(varied.headers) }, conf.level, head.method)
  }
}

function isWorthIt(
  { status, headers, body }: WireReply,
  types: ReadonlySet<string>,
  min: number,
  method: string,
): boolean {
  if (!STATUSES.has(status) || headerOf(headers, 'content-encoding') !== undefined) return false
  if (/\bno-transform\b/i.test(headerOf(headers, 'cache-control') ?? '')) return false
  const type = headerOf(headers, 'content-type')
  if (type === undefined) return false
  if (!types.has('*') && !types.has(type.split(';', 1)[0]!.trim().toLowerCase())) return false
  if (typeof body === 'string') return Buffer.byteLength(body) >= min
  if (ArrayBuffer.isView(body)) return body.byteLength >= min
  const declared = headerOf(headers, 'content-length')
  // The headers of HEAD are those that GET would have.
  if (body === undefined) return method === 'HEAD' && declared !== undefined && Number(declared) >= min
  return declared === undefined || Number(declared) >= min
}

function mayCompress({ headers }: RequestHead, proxied: boolean): boolean {
  let accepted: string | undefined
  for (const [name, value] of headers) {
    if (name === 'accept-encoding') accepted = accepted === undefined ? value : `${accepted},${value}`
    else if (name === 'via' && !proxied) return false
  }
  return accepted !== undefined && acceptsGzip(accepted)
}

function withVary(headers: Headers): Headers {
  const vary = headers.some(([name, value]) => name.toLowerCase() === 'vary' && /accept-encoding|\*/i.test(value))
  return vary ? headers : [...headers, ['vary', 'Accept-Encoding']]
}

/** A tag names bytes: what is compressed is the same in meaning only. Ranges of it are not to be had. */
function compressedHeaders(headers: Headers): Headers {
  const etag = headerOf(headers, 'etag')
  const kept = without(headers, 'content-length', 'accept-ranges', 'etag')
  const weak =
    etag === undefined || !/^(?:W\/)?"/.test(etag)
      ? []
      : [['etag', etag.startsWith('W/') ? etag : `W/${etag}`] as const]
  return [...kept, ...weak, ['content-encoding', 'gzip']]
}
