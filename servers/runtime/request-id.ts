// nginx's $request_id: 32 hex digits, from one large draw of randomness instead of many small ones.
import { randomFillSync } from 'node:crypto'

const ID_BYTES = 16
const DRAW_BYTES = ID_BYTES * 256

const drawn = Buffer.alloc(DRAW_BYTES)
let used = DRAW_BYTES

export function nextRequestId(): string {
  if (used === DRAW_BYTES) {
    randomFillSync(drawn)
    used = 0
  }
  used += ID_BYTES
  return drawn.toString('hex', used - ID_BYTES, used)
}
