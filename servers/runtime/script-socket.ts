// A WebSocket as a script sees it.
import type { EdgeRequest, Socket } from '../contract/script.ts'
import type { WireSocket } from '../transport/port.ts'
import type { EventContext } from './context.ts'
import { HeadRequest } from './edge-request.ts'
import { asMessage } from './message-data.ts'
import type { ServedRequest } from './served-request.ts'

/** Whose it is: what both know is kept once, since there may be very many. */
export interface SocketHolder {
  readonly id: string
  readonly request: ServedRequest
  readonly ctx: EventContext
}

export class ScriptSocket implements Socket<unknown> {
  readonly data: unknown
  #request: EdgeRequest | undefined
  readonly #wire: WireSocket
  /** What it had joined when it closed. */
  #topics: readonly string[] | undefined

  constructor(wire: WireSocket, data: unknown) {
    this.#wire = wire
    this.data = data
  }

  get id(): string {
    return holderOf(this.#wire).id
  }
  get ip(): string {
    return holderOf(this.#wire).request.ip
  }
  get request(): EdgeRequest {
    if (this.#request === undefined) {
      const { request, ctx } = holderOf(this.#wire)
      this.#request = new HeadRequest(request, ctx)
    }
    return this.#request
  }

  get buffered(): number {
    return this.#wire.bufferedBytes
  }
  get open(): boolean {
    return this.#wire.open
  }
  send(data: string | Uint8Array): 'sent' | 'queued' | 'dropped' | 'closed' {
    return this.#wire.send(asMessage(data, 'ws.send'))
  }
  close(code?: number, reason?: string): void {
    this.#wire.close(code, reason)
  }
  join(topic: string): void {
    this.#wire.join(topic)
  }
  leave(topic: string): void {
    this.#wire.leave(topic)
  }
  topics(): string[] {
    return [...(this.#topics ?? this.#wire.topics())]
  }

  closed(topics: readonly string[]): void {
    this.#topics = topics
  }
}

function holderOf(wire: WireSocket): SocketHolder {
  return wire.hold as SocketHolder
}
