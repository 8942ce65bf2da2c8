// Bodies that do not fit into one packet, written no faster than the client reads.
import type { Sent } from '../port.ts'
import type { CheckedReply } from '../reply-head.ts'
import type { UwsExchange } from './uws-exchange.ts'

/** Far less than a writable socket takes. */
const PIECE_BYTES = 64 * 1024

/** Of known length: the engine takes what the socket takes, and asks for the rest from an offset. */
export function sendLarge(exchange: UwsExchange, checked: CheckedReply, body: Uint8Array): Promise<Sent> {
  return new Promise((resolve) => {
    const { res } = exchange
    let offset = 0
    const stalled = new Stall(exchange)
    exchange.onGone(() => {
      stalled.end()
      resolve({ bytes: offset, aborted: true })
    })
    const write = (): boolean => {
      const [ok, done] = res.tryEnd(body.subarray(offset), body.length)
      if (done) {
        exchange.end()
        stalled.end()
        resolve({ bytes: body.length, aborted: false })
      } else offset = res.getWriteOffset()
      return ok
    }
    exchange.cork(() => {
      exchange.writeHead(checked)
      if (write()) return
      stalled.begin()
      res.onWritable((from) => {
        offset = from
        stalled.begin()
        return exchange.ended || write()
      })
    })
  })
}

/**
 * A stream that has said how much it will give: each piece goes as {@link sendLarge} sends a whole body. One that gives more or less cuts the
 * connection.
 */
export async function sendSizedStream(
  exchange: UwsExchange,
  checked: CheckedReply,
  close: boolean,
  body: ReadableStream<Uint8Array>,
  length: number,
): Promise<Sent> {
  const { res } = exchange
  const reader = body.getReader()
  let bytes = 0
  let goOn: (() => void) | undefined
  const stalled = new Stall(exchange)
  exchange.onGone(() => {
    reader.cancel().catch(() => {})
    goOn?.()
  })
  const writable = () => {
    res.cork(drain)
    goOn?.()
    return true
  }
  let headWritten = false
  let taken = true
  let rest: Uint8Array
  const writeRest = () => {
    if (!headWritten) {
      headWritten = true
      exchange.writeHead(checked)
      if (close) res.writeHeader('Connection', 'close')
      res.onWritable(writable)
    }
    if (bytes + rest.byteLength === length) exchange.bodyIsOver()
    const [ok, done] = res.tryEnd(rest, length)
    taken = ok
    const offset = done ? length : res.getWriteOffset()
    if (done) exchange.end()
    rest = rest.subarray(offset - bytes)
    bytes = offset
  }
  try {
    while (bytes < length) {
      const { done, value } = await reader.read()
      if (exchange.closesWithReply) await exchange.afterEngine()
      if (exchange.ended) return { bytes, aborted: true }
      if (done)
        throw new TypeError(`The reply ended after ${bytes} of the ${length} bytes that its content-length says`)
      if (!ArrayBuffer.isView(value)) throw new TypeError('A reply stream must give Uint8Array pieces')
      if (bytes + value.byteLength > length)
        throw new TypeError(`The reply is longer than its content-length of ${length}`)
      rest = value
      while (rest.byteLength > 0) {
        exchange.cork(writeRest)
        if (taken || bytes === length) continue
        stalled.begin()
        await new Promise<void>((resolve) => {
          goOn = resolve
        })
        stalled.end()
        if (exchange.ended) return { bytes, aborted: true }
      }
    }
  } catch (error) {
    exchange.destroy()
    throw error
  }
  // Most streams learn of their end only when they are asked once more.
  void reader.read().then(
    ({ done }) => (done ? undefined : reader.cancel()),
    () => {},
  )
  return { bytes, aborted: false }
}

/**
 * Of unknown length: chunked. The head leaves with the first piece. A stream that fails cuts the connection. While a
 * listener for "writable" is there the engine does not drain its own buffer by itself, so pieces are kept small against what a
 * socket takes at a time, and an empty cork drains what is left of one.
 */
export async function sendStream(
  exchange: UwsExchange,
  checked: CheckedReply,
  close: boolean,
  body: ReadableStream<Uint8Array>,
): Promise<Sent> {
  const { res } = exchange
  const reader = body.getReader()
  let bytes = 0
  let goOn: (() => void) | undefined
  const stalled = new Stall(exchange)
  exchange.onGone(() => {
    reader.cancel().catch(() => {})
    goOn?.()
  })
  const writable = () => {
    res.cork(drain)
    goOn?.()
    return true
  }
  let headWritten = false
  let taken = true
  let piece: Uint8Array
  const writePiece = () => {
    if (!headWritten) {
      headWritten = true
      exchange.writeHead(checked)
      if (close) res.writeHeader('Connection', 'close')
      res.onWritable(writable)
    }
    taken = res.write(piece)
  }
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (exchange.closesWithReply) await exchange.afterEngine()
      if (exchange.ended) return { bytes, aborted: true }
      if (done) break
      if (!ArrayBuffer.isView(value)) throw new TypeError('A reply stream must give Uint8Array pieces')
      for (let from = 0; from < value.byteLength; from += PIECE_BYTES) {
        piece = value.subarray(from, from + PIECE_BYTES)
        exchange.cork(writePiece)
        bytes += piece.byteLength
        if (taken) continue
        stalled.begin()
        await new Promise<void>((resolve) => {
          goOn = resolve
        })
        stalled.end()
        if (exchange.ended) return { bytes, aborted: true }
      }
    }
  } catch (error) {
    exchange.destroy()
    throw error
  }
  exchange.bodyIsOver()
  exchange.end()
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

/** Cuts a client that does not read for `send_timeout`. */
class Stall {
  private readonly exchange: UwsExchange
  private timer: NodeJS.Timeout | undefined

  constructor(exchange: UwsExchange) {
    this.exchange = exchange
  }

  begin(): void {
    const { exchange } = this
    if (this.timer !== undefined) this.timer.refresh()
    else {
      this.timer = setTimeout(() => exchange.destroy(), exchange.sendMs)
      exchange.slowClients.add(exchange)
    }
  }

  end(): void {
    clearTimeout(this.timer)
    this.timer = undefined
  }
}

function drain(): void {
  // An empty cork: whatever waits in the engine is written.
}
