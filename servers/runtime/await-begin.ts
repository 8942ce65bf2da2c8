// A process that a supervisor has started before it is known for which release (load-beforehand.ts) waits for that.
import { readSync } from 'node:fs'
import { type Begin, CHANNEL_FD, CHANNEL_LINE_BYTES_MAX, parseBegin } from '../contract/channel.ts'

/** Waits for the word to begin, and reads nothing behind it. Null: whoever has started us has gone. Throws `PROTOCOL`. */
export function awaitBegin(fd: number = CHANNEL_FD): Begin | null {
  const line = Buffer.alloc(CHANNEL_LINE_BYTES_MAX)
  for (let length = 0; length < line.length; length++) {
    if (readSync(fd, line, length, 1, null) === 0) return null
    if (line[length] === 10) return parseBegin(line.toString('utf8', 0, length))
  }
  return parseBegin(line.toString('utf8'))
}
