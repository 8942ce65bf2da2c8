// A script's fields, as they are now: a snapshot in plain JSON of bounded size, whatever was put in.

const DEPTH_MAX = 8
/** Entries of one object or array; and of all of them together, so that a small loop of references cannot become a big tree. */
const ENTRIES_MAX = 100
const ENTRIES_ALL_MAX = 1000
/** Characters of one string. A frame has 64 KiB for everything. */
const STRING_LENGTH_MAX = 16 * 1024

/**
 * Copies what JSON can hold and names what it cannot: errors keep their message and stack, a getter that throws says so. Never throws.
 * The snapshot is taken when a record is written, because a script may change the object the moment after.
 */
export function plainFields(fields: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const room = { entries: ENTRIES_ALL_MAX }
  const copy = typeof fields === 'object' ? (copyFlat(fields) ?? copyEntries(Object(fields), DEPTH_MAX, room)) : {}
  for (const _name in copy) return copy
  // Scripts are not held to the types: `log.info('joined', name)`, a Map, a URL. What has no entries is a value without a name.
  const value = guarded(() => fields, DEPTH_MAX, room)
  return typeof value === 'object' && Object.keys(value ?? {}).length === 0 ? {} : { value }
}

/** Most fields are a few numbers and short texts. Undefined when these are not. */
function copyFlat(fields: Readonly<Record<string, unknown>>): Record<string, unknown> | undefined {
  try {
    const copy: Record<string, unknown> = { ...fields }
    let entries = 0
    for (const key in copy) {
      const value = copy[key]
      const isFlat =
        typeof value === 'string'
          ? value.length <= STRING_LENGTH_MAX
          : typeof value === 'number'
            ? Number.isFinite(value)
            : typeof value === 'boolean' || value === null || value === undefined
      if (!isFlat || key.length > ENTRIES_MAX || ++entries > ENTRIES_MAX) return undefined
    }
    return copy
  } catch {
    return undefined
  }
}

interface Room {
  entries: number
}

function plain(value: unknown, depth: number, room: Room): unknown {
  if (typeof value === 'string') {
    return value.length <= STRING_LENGTH_MAX
      ? value
      : `${value.slice(0, STRING_LENGTH_MAX)} … [cut: ${value.length} characters]`
  }
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value)
  if (typeof value === 'boolean' || value === null || value === undefined) return value
  if (typeof value !== 'object') return typeof value === 'function' ? `[function ${value.name}]` : String(value)
  if (depth === 0) return Array.isArray(value) ? '[array]' : '[object]'
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString()
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`
  if (value instanceof Map) return copyEntries(Object.fromEntries(value), depth, room)
  if (value instanceof Set) return copyList([...value], depth, room)
  if (Array.isArray(value)) return copyList(value, depth, room)
  if (value instanceof RegExp || value instanceof URLSearchParams) return plain(String(value), depth, room)
  if (isError(value)) {
    const own = copyEntries(value as object as Record<string, unknown>, depth, room)
    return { name: value.name, message: value.message, stack: value.stack, ...own }
  }
  // As JSON.stringify would: a URL, a decimal number.
  if ('toJSON' in value && typeof value.toJSON === 'function') return plain(value.toJSON(), depth - 1, room)
  return copyEntries(value as Record<string, unknown>, depth, room)
}

/** Not `instanceof`: the errors of a script come from another realm. */
function isError(value: object): value is Error {
  return 'message' in value && 'stack' in value && typeof value.stack === 'string'
}

function copyList(list: readonly unknown[], depth: number, room: Room): unknown[] {
  const copy: unknown[] = []
  for (const value of list) {
    if (copy.length === ENTRIES_MAX || room.entries === 0) {
      copy.push(`[cut: ${list.length} entries]`)
      break
    }
    room.entries--
    copy.push(guarded(() => value, depth, room) ?? null)
  }
  return copy
}

function copyEntries(object: Record<string, unknown>, depth: number, room: Room): Record<string, unknown> {
  const copy: Record<string, unknown> = Object.create(null)
  const keys = guardedKeys(object)
  let taken = 0
  for (const key of keys) {
    if (taken === ENTRIES_MAX || room.entries === 0) {
      copy.cut = `${keys.length} entries`
      break
    }
    taken++
    room.entries--
    copy[key.slice(0, ENTRIES_MAX)] = guarded(() => object[key], depth, room)
  }
  return copy
}

function guarded(read: () => unknown, depth: number, room: Room): unknown {
  try {
    return plain(read(), depth - 1, room)
  } catch {
    return '[unreadable]'
  }
}

function guardedKeys(object: object): string[] {
  try {
    return Object.keys(object)
  } catch {
    return []
  }
}
