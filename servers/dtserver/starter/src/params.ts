// What our methods accept as parameters: checked once here, trusted by the methods.
import { badParams, type Params } from './json-rpc.ts'

export const KEY_LENGTH_MAX = 200

/** The `key` of a method for one key. */
export function keyOf({ key }: Params): string {
  if (isKeyPart(key) && key.length > 0) return key
  throw badParams(`"key" must be a string of 1 to ${KEY_LENGTH_MAX} characters without control characters`)
}

/** A parameter that may be left out; `what` ends the sentence `"name" must be …`. */
export function optional<T>(
  params: Params,
  name: string,
  { fallback, is, what }: { fallback: T; is(value: unknown): value is T; what: string },
): T {
  const value = params[name]
  if (value === undefined) return fallback
  if (is(value)) return value
  throw badParams(`"${name}" must be ${what}`)
}

/** The empty string included: as a prefix it means every key. */
export function isKeyPart(value: unknown): value is string {
  return typeof value === 'string' && value.length <= KEY_LENGTH_MAX && !/\p{Cc}/u.test(value)
}

/** Redis' cursors are numbers that may be too large for one of ours, so they stay text. */
export function isCursor(value: unknown): value is string {
  return typeof value === 'string' && /^\d{1,20}$/.test(value)
}

export function isWhole(min: number, max: number) {
  return (value: unknown): value is number => Number.isInteger(value) && Number(value) >= min && Number(value) <= max
}
