// git's pkt-line framing (gitprotocol-common): four hex digits of length, themselves counted, then the bytes; `0000` is a flush.
import { EdgeyardError } from '../../servers/contract/errors.ts'

/** The longest packet git sends. */
const PACKET_BYTES_MAX = 65_520

export const FLUSH = Buffer.from('0000')

export function packet(text: string): Buffer {
  const data = Buffer.from(text)
  if (data.length + 4 > PACKET_BYTES_MAX) throw new EdgeyardError('PROTOCOL', 'Cannot send so long a packet to git')
  return Buffer.concat([Buffer.from((data.length + 4).toString(16).padStart(4, '0')), data])
}

/** Packets of a stream, without a trailing newline; null is a flush. Throws `PROTOCOL` when the stream is not pkt-line or ends inside one. */
export async function* readPackets(stream: AsyncIterable<Buffer>): AsyncGenerator<Buffer | null> {
  let rest: Buffer = Buffer.alloc(0)
  for await (const chunk of stream) {
    rest = Buffer.concat([rest, chunk])
    for (;;) {
      if (rest.length < 4) break
      const head = rest.toString('latin1', 0, 4)
      const length = /^[0-9a-f]{4}$/i.test(head) ? Number.parseInt(head, 16) : -1
      if (length !== 0 && (length < 4 || length > PACKET_BYTES_MAX)) {
        throw new EdgeyardError('PROTOCOL', `Cannot understand a packet of git that begins with "${head}"`)
      }
      if (rest.length < length) break
      yield length === 0 ? null : withoutNewline(rest.subarray(4, length))
      rest = rest.subarray(Math.max(4, length))
    }
  }
  if (rest.length > 0) throw new EdgeyardError('PROTOCOL', 'git went away in the middle of a packet')
}

function withoutNewline(data: Buffer): Buffer {
  return data.at(-1) === 10 ? data.subarray(0, -1) : data
}
