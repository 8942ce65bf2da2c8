// Bodies that do not fit into one packet, written no faster than the client reads.
import type { Sent } from '../port.ts'
import type { CheckedReply } from '../reply-head.ts'
import type { UwsExchange } from './uws-exchange.ts'

/** Of known length: the engine takes what the socket takes, and asks for the rest from an offset. */
export function sendLarge(exchange: UwsExchange, checked: CheckedReply, body: Uint8Array): Promise<Sent> {
  return new Promise((resolve) => {
    const { res } = exchange
    let offset = 0
    exchange.onGone(() => resolve({ bytes: offset, aborted: true }))
    const write = (): boolean => {
      const [ok, done] = res.tryEnd(body.subarray(offset), body.length)
      if (done) {
        exchange.ended = true
        resolve({ bytes: body.length, aborted: false })
      } else offset = res.getWriteOffset()
      return ok
    }
    exchange.cork(() => {
      exchange.writeHead(checked)
      if (!write()) {
        res.onWritable((from) => {
          offset = from
          return exchange.ended || write()
        })
      }
    })
  })
}

/** Of unknown length: chunked. The head leaves with the first piece. A stream that fails cuts the connection. */
export async function sendStream(
  exchange: UwsExchange,
  checked: CheckedReply,
  close: boolean,
  body: ReadableStream<Uint8Array>,
): Promise<Sent> {
  const { res } = exchange
  const reader = body.getReader()
  let bytes = 0
  let writable: (() => void) | undefined
  let headWritten = false
  const writeHeadOnce = () => {
    if (headWritten) return
    headWritten = true
    exchange.writeHead(checked)
    if (close) res.writeHeader('Connection', 'close')
  }
  exchange.onGone(() => {
    reader.cancel().catch(() => {})
    writable?.()
  })
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (exchange.ended) return { bytes, aborted: true }
      if (done) break
      if (!ArrayBuffer.isView(value)) throw new TypeError('A reply stream must give Uint8Array pieces')
      if (value.byteLength === 0) continue
      let taken = true
      exchange.cork(() => {
        writeHeadOnce()
        taken = res.write(value)
      })
      bytes += value.byteLength
      if (taken) continue
      await new Promise<void>((resolve) => {
        writable = resolve
        res.onWritable(() => {
          resolve()
          return true
        })
      })
      if (exchange.ended) return { bytes, aborted: true }
    }
  } catch (error) {
    exchange.destroy()
    throw error
  }
  exchange.ended = true
  exchange.cork(() => {
    if (headWritten) {
      // Told to close only now, the engine would write its Connection header into the body. The client closes.
      res.end()
    } else {
      exchange.writeHead(checked)
      res.end('', close)
    }
  })
  return { bytes, aborted: false }
}
