// The bytes of a file, or of parts of it with text between them: at once when they are few, else no faster than the client reads.
import { closeSync, read, readSync } from 'node:fs'
import { promisify } from 'node:util'
import type { WireReply } from '../../transport/port.ts'
import type { ByteRange } from './parse-ranges.ts'

/** Text as it stands, and ranges of the file. */
export type Part = string | ByteRange

/** Up to here a body is read at once; a larger one is streamed. */
const WHOLE_BODY_BYTES_MAX = 128 * 1024
const PIECE_BYTES = 64 * 1024

const readLater = promisify(read)

export function bytesOf(parts: readonly Part[]): number {
  return parts.reduce((sum, part) => sum + (typeof part === 'string' ? part.length : part.end - part.start), 0)
}

/** Closes the descriptor: now, or when the stream has ended or was cancelled. Throws when the file has become shorter. */
export function readParts(fd: number, parts: readonly Part[]): WireReply['body'] {
  if (bytesOf(parts) > WHOLE_BODY_BYTES_MAX) return streamOf(fd, parts)
  try {
    const pieces = parts.map((part) => (typeof part === 'string' ? bytesOfHead(part) : readNow(fd, part)))
    return pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces)
  } finally {
    closeSync(fd)
  }
}

function readNow(fd: number, { start, end }: ByteRange): Buffer {
  const buffer = Buffer.allocUnsafe(end - start)
  for (let filled = 0; filled < buffer.length; ) {
    const bytes = readSync(fd, buffer, filled, buffer.length - filled, start + filled)
    if (bytes === 0) throw new Error(BECAME_SHORTER)
    filled += bytes
  }
  return buffer
}

function streamOf(fd: number, parts: readonly Part[]): ReadableStream<Uint8Array> {
  const pieces = piecesOf(fd, parts)
  // Once: a moment later the number may be another file's.
  let isOpen = true
  const end = () => {
    if (isOpen) closeSync(fd)
    isOpen = false
  }
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const { done, value } = await pieces.next()
        if (!isOpen) return
        if (!done) return controller.enqueue(value)
        controller.close()
      } catch (error) {
        end()
        throw error
      }
      end()
    },
    async cancel() {
      // Behind a read that is under way.
      await pieces.return()
      end()
    },
  })
}

async function* piecesOf(fd: number, parts: readonly Part[]): AsyncGenerator<Buffer, void> {
  for (const part of parts) {
    if (typeof part === 'string') {
      yield bytesOfHead(part)
      continue
    }
    for (let from = part.start; from < part.end; ) {
      const wanted = Math.min(PIECE_BYTES, part.end - from)
      const { bytesRead, buffer } = await readLater(fd, Buffer.allocUnsafe(wanted), 0, wanted, from)
      if (bytesRead === 0) throw new Error(BECAME_SHORTER)
      yield buffer.subarray(0, bytesRead)
      from += bytesRead
    }
  }
}

/** Heads of parts are ASCII. */
function bytesOfHead(text: string): Buffer {
  return Buffer.from(text, 'latin1')
}

const BECAME_SHORTER = 'The file has become shorter while it was sent'
