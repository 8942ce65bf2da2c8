// Bodies that do not fit into one packet, written no faster than the client reads.
import type { Sent } from '../port.ts'
import type { NodeExchange } from './node-exchange.ts'

/** A source that fails, or gives another number of bytes than `length`, cuts the connection. */
export async function sendPieces(
  exchange: NodeExchange,
  reader: Pick<ReadableStreamDefaultReader<Uint8Array>, 'read' | 'cancel'>,
  length?: number,
): Promise<Sent> {
  const { res } = exchange
  let bytes = 0
  let gone = false
  let writable: (() => void) | undefined
  const goOn = () => writable?.()
  res.on('drain', goOn)
  exchange.onGone(() => {
    gone = true
    reader.cancel().catch(() => {})
    goOn()
  })
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (gone) return { bytes, aborted: true }
      if (done && length !== undefined && bytes < length) {
        throw new TypeError(`The reply ended after ${bytes} of the ${length} bytes that its content-length says`)
      }
      if (done) break
      if (!ArrayBuffer.isView(value)) throw new TypeError('A reply stream must give Uint8Array pieces')
      bytes += value.byteLength
      if (length !== undefined && bytes > length) {
        throw new TypeError(`The reply is longer than its content-length of ${length}`)
      }
      if (res.write(value)) continue
      res.socket?.setTimeout(exchange.sendMs)
      await new Promise<void>((resolve) => {
        writable = resolve
      })
      res.socket?.setTimeout(0)
      if (gone) return { bytes: bytes - value.byteLength, aborted: true }
    }
  } catch (error) {
    exchange.destroy()
    throw error
  }
  return new Promise((resolve) => {
    const aborted = () => resolve({ bytes, aborted: true })
    exchange.onGone(aborted)
    // Of an end that it could not write any more node:http says nothing else.
    res.once('close', aborted)
    // Until the end of it; then node:http sets the one of an idle connection.
    res.socket?.setTimeout(exchange.sendMs)
    res.end(() => resolve({ bytes, aborted: false }))
  })
}
