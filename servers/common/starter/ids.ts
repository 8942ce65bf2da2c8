/**
 * Ids that sort by the time at which they were made: good keys for Redis and MySQL, and nothing to coordinate.
 *
 * @module
 */
import { randomBytes } from 'node:crypto'

/** Crockford's base 32: no I, L, O or U, so that nobody reads one for another. */
const DIGITS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const TIME_DIGITS = 10
const RANDOM_DIGITS = 16

/** An id of {@link newId}: 26 characters. A string to everybody else, and no string is one by mistake. */
export type Id = string & { readonly __id: never }

/**
 * A new id: ten digits of time in milliseconds, then 80 random bits. Ids of the same millisecond are in no order.
 *
 * @example
 * import { newId } from 'common/ids'
 *
 * await ctx.mysql.query('INSERT INTO orders (id, item) VALUES (?, ?)', [newId(), item])
 */
export function newId(now: number = Date.now()): Id {
  let time = ''
  for (let rest = now, n = 0; n < TIME_DIGITS; n++, rest = Math.floor(rest / 32)) time = DIGITS[rest % 32] + time
  const random = Array.from(randomBytes(RANDOM_DIGITS), (byte) => DIGITS[byte % 32]).join('')
  return (time + random) as Id
}

/** Whether a text has the form of an id: for what comes from a client. */
export function isId(text: string): text is Id {
  return /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/.test(text)
}

/** When an id was made. */
export function timeOf(id: Id): Date {
  const digits = [...id.slice(0, TIME_DIGITS)]
  return new Date(digits.reduce((time, digit) => time * 32 + DIGITS.indexOf(digit), 0))
}
