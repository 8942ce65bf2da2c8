// Lines of a byte stream, with a longest length: nobody can make us hold more than that by never ending a line.
import type { Readable } from 'node:stream'

const NEWLINE = 0x0a

/** Gives every complete line to `onLine`, decoded as UTF-8. A line over `bytesMax` calls `onTooLong` once, and nothing after it is read. */
export function onLines(
  stream: Readable,
  options: { readonly bytesMax: number; onLine(line: string): void; onTooLong(): void },
): void {
  let waiting: Buffer[] = []
  let waitingBytes = 0
  let ended = false

  const take = (part: Buffer): boolean => {
    waitingBytes += part.length
    if (waitingBytes > options.bytesMax) {
      ended = true
      waiting = []
      options.onTooLong()
      return false
    }
    if (part.length > 0) waiting.push(part)
    return true
  }

  stream.on('data', (chunk: Buffer) => {
    let from = 0
    while (!ended) {
      const end = chunk.indexOf(NEWLINE, from)
      if (!take(chunk.subarray(from, end === -1 ? undefined : end)) || end === -1) return
      const line = Buffer.concat(waiting, waitingBytes).toString('utf8')
      waiting = []
      waitingBytes = 0
      from = end + 1
      options.onLine(line)
    }
  })
}
