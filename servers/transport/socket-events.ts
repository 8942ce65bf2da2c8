// The order in which a socket's events reach the runtime, the same on both engines: open, messages, close; never less.
import { guarded } from './guard.ts'
import type { TransportHandlers, WireSocket } from './port.ts'

/** A socket as its engine's adapter makes it. */
export interface EngineSocket extends WireSocket {
  /** Messages that came before the open handler ran; undefined once it has. */
  early: (string | Uint8Array)[] | undefined
}

export class SocketEvents {
  private readonly handlers: TransportHandlers

  constructor(handlers: TransportHandlers) {
    this.handlers = handlers
  }

  /** Tells it in a turn of its own: what is sent in the very call in which uWebSockets.js opens a socket may close it (uWebSockets.js#1108). */
  opened(socket: EngineSocket): void {
    setImmediate(() => this.tellOpen(socket))
  }

  message(socket: EngineSocket, data: string | Uint8Array): void {
    if (socket.early !== undefined) socket.early.push(data)
    else this.tell(socket, data)
  }

  drained(socket: EngineSocket): void {
    if (socket.early === undefined) this.call(socket, this.handlers.drain, socket)
  }

  closed(socket: EngineSocket, code: number, reason: string): void {
    this.tellOpen(socket)
    this.call(socket, this.handlers.close, socket, code, reason, socket.topics())
  }

  private tellOpen(socket: EngineSocket): void {
    const { early } = socket
    if (early === undefined) return
    socket.early = undefined
    this.call(socket, this.handlers.open, socket)
    for (const data of early) this.call(socket, this.handlers.message, socket, data)
  }

  /** As `call`, without a closure for each message. */
  private tell(socket: EngineSocket, data: string | Uint8Array): void {
    try {
      const handling: unknown = this.handlers.message(socket, data)
      if (handling instanceof Promise) handling.catch((error: unknown) => this.failed(socket, error))
    } catch (error) {
      this.failed(socket, error)
    }
  }

  private failed(socket: EngineSocket, thrown: unknown): void {
    this.call(socket, () => {
      throw thrown
    })
  }

  private call<A extends unknown[]>(socket: EngineSocket, handler: (...args: A) => void, ...args: A): void {
    guarded(handler, this.handlers.fault, () => socket.close(1011), ...args)
  }
}
