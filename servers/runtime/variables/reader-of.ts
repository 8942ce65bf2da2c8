// What a variable of the conf is worth to a request: one of every request, one that the conf gives, or none.
import type { ServedRequest } from '../served-request.ts'
import { BUILT_IN } from './built-in.ts'
import { argumentOf, cookieOf, requestHeader, sentHeader } from './fields-of.ts'
import { mapsOf } from './maps-of.ts'

/** Undefined when it has no value, which a log shows as "-" and every other text as nothing. */
export type Reader = (request: ServedRequest) => string | undefined

/** `name` without the `$`; `1` to `9` are what the last pattern has captured. */
export function readerOf(name: string): Reader {
  if (Object.hasOwn(BUILT_IN, name)) return BUILT_IN[name]!
  if (/^[1-9]$/.test(name)) return (request) => request.captures?.[Number(name)]
  const prefixed = prefixedReader(name)
  return (request) =>
    request.variables?.get(name) ??
    prefixed?.(request) ??
    mapsOf(request.generation.conf).get(name)?.(request) ??
    ownOf(request.plan.location.env, name)
}

function prefixedReader(name: string): Reader | undefined {
  const [, prefix, rest] = /^(arg|cookie|http|sent_http)_(.+)$/.exec(name) ?? []
  if (prefix === undefined || rest === undefined) return undefined
  if (prefix === 'arg') return ({ args }) => argumentOf(args, rest)
  if (prefix === 'cookie') return ({ head }) => cookieOf(head.headers, rest)
  const header = rest.replaceAll('_', '-')
  if (prefix === 'http') return ({ head }) => requestHeader(head.headers, header)
  return ({ reply }) => reply && sentHeader(reply, header)
}

function ownOf(values: Readonly<Record<string, string>>, name: string): string | undefined {
  return Object.hasOwn(values, name) ? values[name] : undefined
}
