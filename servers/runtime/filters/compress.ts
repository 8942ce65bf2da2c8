// A body through gzip: small ones at once, larger ones in the thread pool, streams piece by piece.
import type { Gzip } from 'node:zlib'
import type { WireReply } from '../../transport/port.ts'

/** Up to here it takes less than a hop to another thread and back. */
const SYNC_BYTES_MAX = 16 * 1024

/** Loaded with the first body: most servers never need it. */
const zlib = () => process.getBuiltinModule('node:zlib')

export function compress(reply: WireReply, level: number, method: string): WireReply | Promise<WireReply> {
  const { body } = reply
  // HEAD has no body to tell the length by; that of an unknown one is not told.
  if (body === undefined) return method === 'HEAD' ? { ...reply, body: new ReadableStream() } : reply
  if (typeof body !== 'string' && !ArrayBuffer.isView(body)) return { ...reply, body: compressStream(body, level) }
  const bytes = typeof body === 'string' ? Buffer.from(body) : body
  if (bytes.byteLength <= SYNC_BYTES_MAX) return { ...reply, body: zlib().gzipSync(bytes, { level }) }
  return new Promise((resolve, reject) => {
    zlib().gzip(bytes, { level }, (error, compressed) => {
      if (error === null) resolve({ ...reply, body: compressed })
      else reject(error)
    })
  })
}

/** What came out of one piece leaves before the next is waited for, so that an event is not kept back. */
function compressStream(source: ReadableStream<Uint8Array>, level: number): ReadableStream<Uint8Array> {
  const reader = source.getReader()
  let gzip: Gzip | undefined
  let given = 0
  const open = (controller: ReadableStreamDefaultController<Uint8Array>) => {
    const created = zlib().createGzip({ level })
    created.on('data', (piece: Buffer) => {
      given++
      controller.enqueue(piece)
    })
    return created
  }
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      gzip ??= open(controller)
      const before = given
      try {
        while (given === before) {
          const { done, value } = await reader.read()
          if (done) {
            await ended(gzip)
            return controller.close()
          }
          if (!ArrayBuffer.isView(value)) throw new TypeError('A reply stream must give Uint8Array pieces')
          await flushed(gzip, value)
        }
      } catch (error) {
        gzip.destroy()
        throw error
      }
    },
    cancel(reason) {
      gzip?.destroy()
      return reader.cancel(reason)
    },
  })
}

function flushed(gzip: Gzip, piece: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    gzip.once('error', reject)
    gzip.write(piece)
    gzip.flush(zlib().constants.Z_SYNC_FLUSH, () => {
      gzip.off('error', reject)
      // Hands out what has not been by now.
      gzip.read()
      resolve()
    })
  })
}

function ended(gzip: Gzip): Promise<void> {
  return new Promise((resolve, reject) => {
    gzip.once('error', reject)
    gzip.once('end', resolve)
    gzip.end()
  })
}
