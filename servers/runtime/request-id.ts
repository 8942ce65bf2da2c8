// nginx's $request_id: 32 hex digits, from one large draw of randomness instead of many small ones.
import { randomFillSync } from 'node:crypto'

const ID_BYTES = 16
const DRAW_BYTES = ID_BYTES * 64

const bytes = Buffer.alloc(DRAW_BYTES)
let drawn = ''
let used = 0

/** A part of a longer text, which it keeps alive: `keptId` is for what lives long. */
export function nextRequestId(): string {
  if (used === drawn.length) {
    randomFillSync(bytes)
    drawn = bytes.toString('hex')
    used = 0
  }
  used += 2 * ID_BYTES
  return drawn.slice(used - 2 * ID_BYTES, used)
}

/** The same text on its own. */
export function keptId(id: string): string {
  return Buffer.from(id, 'latin1').toString('latin1')
}
