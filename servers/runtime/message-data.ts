// What a script sends to sockets, as engines and other workers take it. What they make of anything else differs.
import { isAnyArrayBuffer, isUint8Array } from 'node:util/types'

/** Throws a TypeError for what is neither text nor bytes; `method` is who was given it. */
export function asMessage(data: unknown, method: string): string | Uint8Array {
  // Most often: nothing is made.
  if (typeof data === 'string' || isUint8Array(data)) return data
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
  if (isAnyArrayBuffer(data)) return new Uint8Array(data)
  throw new TypeError(`${method} takes text or bytes, not ${data === null ? 'null' : typeof data}`)
}
