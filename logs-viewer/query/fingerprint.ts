// What errors have in common that are one and the same mistake. Pure.
import { createHash } from 'node:crypto'
import type { LogRecord } from '../../servers/contract/record.ts'

/** Deeper ones differ by who has called. */
const FRAMES_MAX = 3
/** Of a message that is a whole document its beginning tells enough. */
const MESSAGE_CHARACTERS_MAX = 300
const HASH_DIGITS = 16

/**
 * The same for the same source, message without its numbers and names, and the topmost places in the script's own files; their lines
 * do not count, or every edit would make a new group.
 */
export function fingerprintOf(record: LogRecord): string {
  const { server, developer, message, stack } = record
  const parts = [server, developer, maskMessage(titleOf(message)), ...ownFrames(stack ?? '')]
  return createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, HASH_DIGITS)
}

/** The first line. */
export function titleOf(message: string): string {
  const end = message.indexOf('\n')
  return (end === -1 ? message : message.slice(0, end)).slice(0, MESSAGE_CHARACTERS_MAX)
}

/** `Cannot read 'sword' of row 17 in 4f2a91c8e012` → `Cannot read '…' of row # in #` */
export function maskMessage(message: string): string {
  return message
    .replace(/"[^"]*"|'[^']*'|`[^`]*`/g, "'…'")
    .replace(/\b(?=[0-9a-f-]*\d)[0-9a-f]{6,}(?:-[0-9a-f]+)*\b/gi, '#')
    .replace(/\d+(?:[.:]\d+)*/g, '#')
}

/** `at load (src/load.ts:9:2)` → `load src/load.ts`; of libraries and of Node nothing. */
export function ownFrames(stack: string): string[] {
  const frames: string[] = []
  for (const [, name, file] of stack.matchAll(/^\s*at (?:(.+?) \()?((?:src|common)\/[^():]+):\d+/gm)) {
    frames.push(`${name ?? ''} ${file}`)
    if (frames.length === FRAMES_MAX) break
  }
  return frames
}
