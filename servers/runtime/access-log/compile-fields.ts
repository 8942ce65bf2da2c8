// What a line of an access log says, as fields: what its format names and no more, so that `status:500` finds it whatever the format is.
import type { Text } from '../../contract/conf/conf.ts'
import type { ServedRequest } from '../served-request.ts'
import { type Reader, readerOf } from '../variables/reader-of.ts'

type Value = string | number | undefined
type FieldReader = readonly [field: string, read: (request: ServedRequest) => Value]

const asNumber =
  (reader: Reader, factor = 1) =>
  (request: ServedRequest): Value => {
    const value = reader(request)
    return value === undefined ? undefined : Math.round(Number(value) * factor)
  }

const METHOD: FieldReader = ['method', readerOf('request_method')]
/** With its arguments, as it was asked for. */
const PATH: FieldReader = ['path', readerOf('request_uri')]

const FIELDS: ReadonlyMap<string, readonly FieldReader[]> = new Map([
  ['status', [['status', asNumber(readerOf('status'))]]],
  ['request', [METHOD, PATH]],
  ['request_method', [METHOD]],
  ['request_uri', [PATH]],
  ['uri', [['path', readerOf('uri')]]],
  ['document_uri', [['path', readerOf('document_uri')]]],
  ['request_time', [['ms', asNumber(readerOf('request_time'), 1000)]]],
  ['body_bytes_sent', [['bytes', asNumber(readerOf('body_bytes_sent'))]]],
  ['bytes_sent', [['bytes', asNumber(readerOf('bytes_sent'))]]],
])

export function compileFields(format: Text): (request: ServedRequest) => Record<string, Value> {
  const named = format.flatMap((part) => (typeof part === 'string' ? [] : (FIELDS.get(part.variable) ?? [])))
  // One of a name: a format may have both `$uri` and `$request`.
  const readers = [...new Map(named)]
  return (request) => Object.fromEntries(readers.map(([field, read]) => [field, read(request)]))
}
