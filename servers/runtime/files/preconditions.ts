// Conditional requests (RFC 9110 section 13): what a client has already, or expects to find.
import type { FilesConf } from '../../contract/conf/conf.ts'

type Headers = readonly (readonly [name: string, value: string])[]

/** Of the file as it is now. */
export interface Validators {
  /** Strong, with its quotes; undefined with `etag off`. */
  readonly etag: string | undefined
  /** Whole seconds, as in Last-Modified. */
  readonly modifiedS: number
}

/** In the order of section 13.2.2: whoever names tags is judged by them alone. */
export function checkPreconditions(
  headers: Headers,
  validators: Validators,
  ifModifiedSince: FilesConf['ifModifiedSince'],
): 304 | 412 | undefined {
  const ifMatch = joined(headers, 'if-match')
  if (ifMatch !== undefined) {
    if (!namesTag(ifMatch, validators.etag, 'strong')) return 412
  } else {
    const unmodifiedS = seconds(headers, 'if-unmodified-since')
    if (unmodifiedS !== undefined && validators.modifiedS > unmodifiedS) return 412
  }
  const ifNoneMatch = joined(headers, 'if-none-match')
  if (ifNoneMatch !== undefined) return namesTag(ifNoneMatch, validators.etag, 'weak') ? 304 : undefined
  const sinceS = ifModifiedSince === 'off' ? undefined : seconds(headers, 'if-modified-since')
  if (sinceS === undefined) return undefined
  const isUnchanged = ifModifiedSince === 'exact' ? validators.modifiedS === sinceS : validators.modifiedS <= sinceS
  return isUnchanged ? 304 : undefined
}

/** If-Range (section 13.1.5): whether what the client has a part of is still the same. */
export function isSameForRange(headers: Headers, { etag, modifiedS }: Validators): boolean {
  const value = firstOf(headers, 'if-range')?.trim()
  if (value === undefined) return true
  return value.endsWith('"') ? value === etag : Date.parse(value) === modifiedS * 1000
}

function namesTag(list: string, etag: string | undefined, how: 'strong' | 'weak'): boolean {
  if (list.trim() === '*') return true
  if (etag === undefined) return false
  return list.split(',').some((each) => {
    const tag = each.trim()
    return (how === 'weak' ? tag.replace(/^W\//, '') : tag) === etag
  })
}

function seconds(headers: Headers, name: string): number | undefined {
  const ms = Date.parse(firstOf(headers, name) ?? '')
  return Number.isNaN(ms) ? undefined : Math.trunc(ms / 1000)
}

function firstOf(headers: Headers, name: string): string | undefined {
  for (const header of headers) if (header[0] === name) return header[1]
  return undefined
}

function joined(headers: Headers, name: string): string | undefined {
  let value: string | undefined
  for (const header of headers) {
    if (header[0] === name) value = value === undefined ? header[1] : `${value},${header[1]}`
  }
  return value
}
