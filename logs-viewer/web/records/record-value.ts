// The parts of a record by name, as the search knows them: `release`, `pid`, `room.id` of its fields.
import type { ShownRecord } from '../../query/wire.ts'

const PARTS = ['kind', 'developer', 'server', 'release', 'request', 'pid', 'seq'] as const

/** What a column may show beside the fields that records have. */
export const COLUMN_PARTS: readonly string[] = ['release', 'request', 'pid']

/** Empty when it has none. */
export function partOf(record: ShownRecord, name: string): string {
  const part = PARTS.find((known) => known === name)
  if (part !== undefined) return record[part] === undefined ? '' : String(record[part])
  return textOf(ownOf(record.fields, name) ?? follow(record.fields, name.split('.')))
}

export function textOf(value: unknown): string {
  if (value === undefined) return ''
  return typeof value === 'string' ? value : JSON.stringify(value)
}

/** The fields of a record by their whole names, those of objects in objects too. */
export function flattenFields(
  fields: Readonly<Record<string, unknown>>,
  prefix = '',
): [name: string, value: unknown][] {
  return Object.entries(fields).flatMap(([name, value]): [string, unknown][] =>
    isObject(value) && prefix.length < 60 ? flattenFields(value, `${prefix}${name}.`) : [[`${prefix}${name}`, value]],
  )
}

function follow(value: unknown, path: readonly string[]): unknown {
  let at = value
  for (const name of path) at = ownOf(at, name)
  return at
}

/** A field may be called `constructor` or `__proto__`: where there is none, it is not what every object has. */
function ownOf(value: unknown, name: string): unknown {
  return isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
