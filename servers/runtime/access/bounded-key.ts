// Keys of limits are whatever a client sends.
import { createHash } from 'node:crypto'
import { KEY_BYTES_MAX } from '../dict/zone.ts'

/** A key that is too long for a zone is counted by its hash. */
export function boundedKey(key: string): string {
  if (key.length * 3 <= KEY_BYTES_MAX || Buffer.byteLength(key) <= KEY_BYTES_MAX) return key
  return createHash('sha256').update(key).digest('base64')
}
