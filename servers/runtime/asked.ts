// Something that waits for a reply: an HTTP exchange, or a WebSocket handshake that may still be refused.
import type { Exchange, Handshake, RequestHead, Sent, WireReply } from '../transport/port.ts'

export interface Asked {
  readonly head: RequestHead
  /** Asked for only when somebody wants it: the engine makes it then. */
  readonly aborted: AbortSignal
  body(bytesMax: number): Promise<Uint8Array>
  stream(bytesMax: number): ReadableStream<Uint8Array>
  reply(reply: WireReply): Sent | Promise<Sent>
  /** As the port says; only of a request. */
  interrupted?(): void
  /** Hangs up without a reply. */
  destroy(): void
}

const NOTHING = new Uint8Array(0)

export function askedBy(asked: Exchange | Handshake): Asked {
  if ('reply' in asked) return asked
  return {
    head: asked.head,
    get aborted() {
      return asked.aborted
    },
    body: async () => NOTHING,
    stream: () => new ReadableStream({ start: (controller) => controller.close() }),
    reply: (reply) => asked.refuse(reply),
    // A handshake cannot be cut; the shortest refusal ends it as well.
    destroy: () => void asked.refuse({ status: 400, headers: [['connection', 'close']], body: undefined }),
  }
}
