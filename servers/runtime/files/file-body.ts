// The bytes of a file, or of parts of it with text between them: at once when they are few, else no faster than the client reads.
import type { FileHandle } from 'node:fs/promises'
import type { WireReply } from '../../transport/port.ts'
import type { ByteRange } from './parse-ranges.ts'

/** Text as it stands, and ranges of the file. */
export type Part = string | ByteRange

/** Up to here a body is read at once; a larger one is streamed. */
const WHOLE_BODY_BYTES_MAX = 128 * 1024
const PIECE_BYTES = 64 * 1024

export function bytesOf(parts: readonly Part[]): number {
  return parts.reduce((sum, part) => sum + (typeof part === 'string' ? part.length : part.end - part.start), 0)
}

/** Closes the handle: now, or when the stream has ended or was cancelled. Rejects when the file has become shorter. */
export async function readParts(handle: FileHandle, parts: readonly Part[]): Promise<WireReply['body']> {
  if (bytesOf(parts) > WHOLE_BODY_BYTES_MAX) return streamOf(handle, parts)
  try {
    const pieces: Buffer[] = []
    for await (const piece of piecesOf(handle, parts)) pieces.push(piece)
    return pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces)
  } finally {
    await handle.close()
  }
}

function streamOf(handle: FileHandle, parts: readonly Part[]): ReadableStream<Uint8Array> {
  const pieces = piecesOf(handle, parts)
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const { done, value } = await pieces.next()
        if (!done) return controller.enqueue(value)
        controller.close()
      } catch (error) {
        controller.error(error)
      }
      await handle.close()
    },
    cancel: () => handle.close(),
  })
}

async function* piecesOf(handle: FileHandle, parts: readonly Part[]): AsyncGenerator<Buffer, void> {
  for (const part of parts) {
    if (typeof part === 'string') {
      // Heads of parts are ASCII.
      yield Buffer.from(part, 'latin1')
      continue
    }
    for (let from = part.start; from < part.end; ) {
      const wanted = Math.min(PIECE_BYTES, part.end - from)
      const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(wanted), 0, wanted, from)
      if (bytesRead === 0) throw new Error('The file has become shorter while it was sent')
      yield buffer.subarray(0, bytesRead)
      from += bytesRead
    }
  }
}
