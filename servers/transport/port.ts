// The port that both engines (uWebSockets.js; node:http with ws) implement, and all that the runtime knows of a network.
// Only plain values cross it: the adapter copies what it needs before it returns to the engine, checks what may not be
// sent, and calls every handler inside a guard, so that nothing a script does can end the process.

/** What is known of a request before its body. Plain and frozen; valid for ever. */
export interface RequestHead {
  readonly method: string
  /** As sent, without the query: not yet normalised. */
  readonly rawPath: string
  /** Normalised once (dot segments, doubled slashes, safe percent-decoding). What locations are matched with. */
  readonly path: string
  /** Without the `?`; empty when there is none. */
  readonly query: string
  /** Lower-case names, in the order they came; repeated headers stay apart. */
  readonly headers: readonly (readonly [name: string, value: string])[]
  /** The Host header without its port, lower case; empty when there is none. */
  readonly host: string
  /** The client's address. */
  readonly ip: string
}

/** One HTTP exchange. Every method is safe after the client has gone, and safe to call twice. */
export interface Exchange {
  readonly head: RequestHead
  /** Aborts when the client has gone before the reply was complete. */
  readonly aborted: AbortSignal
  /**
   * The whole body. At most one call. Rejects with a `BodyError` (body-error.ts): `too-large` beyond `bytesMax` (0: no
   * limit), by the Content-Length if there is one, else by the sum of what came; `gone` when the client has gone.
   * After `too-large` the reply closes the connection.
   */
  body(bytesMax: number): Promise<Uint8Array>
  /**
   * Sends a whole reply. Resolves with the bytes of the body that were handed to the network, when the last was or the
   * client has gone. Throws a TypeError, at once and before anything is sent, when a status, name or value may not be sent
   * (RFC 9110). Rejects only for a body that is a stream and fails: the connection was cut then. Content-Length,
   * Transfer-Encoding and Connection are the adapter's own: given ones are left out, but `connection: close` is obeyed and
   * the `content-length` of a reply to HEAD without a body is kept.
   */
  reply(reply: WireReply): Promise<Sent>
  /** Cuts the connection: for an error after the headers were sent. */
  destroy(): void
}

/** What became of a reply. */
export interface Sent {
  readonly bytes: number
  readonly aborted: boolean
}

export interface WireReply {
  readonly status: number
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly body: string | Uint8Array | ReadableStream<Uint8Array> | undefined
}

/** A WebSocket handshake that waits for an answer: exactly one of the two methods. Safe after the client has gone. */
export interface Handshake {
  readonly head: RequestHead
  readonly aborted: AbortSignal
  /**
   * Switches protocols. False when the client has gone. `hold` is handed back with every event of the socket. `protocol`
   * is echoed only when the client offered it. Throws a RangeError for limits that cannot be kept.
   */
  accept(options: { hold: unknown; protocol?: string; limits: SocketLimits }): boolean
  /** As {@link Exchange.reply}. */
  refuse(reply: WireReply): Promise<Sent>
}

export interface SocketLimits {
  /** A longer message closes the socket with 1009. */
  readonly maxPayloadBytes: number
  /** What would wait beyond this is dropped. For what `publish` sends, the largest of all locations counts. */
  readonly maxBackpressureBytes: number
  /** Without any frame for so long, the socket is closed; clients are pinged in time. 8 to 960; 0: never. */
  readonly idleTimeoutS: number
}

/** An open WebSocket. No method throws, also after close. */
export interface WireSocket {
  readonly hold: unknown
  readonly ip: string
  readonly open: boolean
  readonly bufferedBytes: number
  send(data: string | Uint8Array): 'sent' | 'queued' | 'dropped' | 'closed'
  /** A code that may not be sent becomes 1011 (1000 when undefined), a reason is cut at 123 bytes of UTF-8. */
  close(code?: number, reason?: string): void
  join(topic: string): void
  leave(topic: string): void
  topics(): string[]
}

/**
 * What the runtime does with what arrives. A handler that throws (or returns a promise that rejects) is a fault of the
 * runtime: told to `fault`, answered with 500 or 1011. Requests that break RFC 9110 or 9112 never get here.
 */
export interface TransportHandlers {
  request(exchange: Exchange): void
  handshake(handshake: Handshake): void
  /** Comes before any message of the socket, in a turn of the loop of its own. */
  open(socket: WireSocket): void
  /** `data` is a copy that belongs to the handler. */
  message(socket: WireSocket, data: string | Uint8Array): void
  drain(socket: WireSocket): void
  /**
   * Once for every socket that was opened. `socket.open` is false already; `topics` are those it had. It may come before
   * `socket.close()` returns.
   */
  close(socket: WireSocket, code: number, reason: string, topics: readonly string[]): void
  fault(error: unknown): void
}

export interface TransportOptions {
  readonly engine: 'uws' | 'node'
  /** HTTP and WebSocket together. One more is answered with 503, or closed with 1013. */
  readonly connectionsMax: number
  /** The largest of all locations (an idle timeout of 0 is larger than any); each socket keeps to its own `SocketLimits` below these. */
  readonly socketLimitsMax: SocketLimits
  readonly handlers: TransportHandlers
}

export interface Transport {
  /**
   * Takes the port; 0 asks the system for one. Resolves with the port. Other processes of the same user may listen on it
   * too (SO_REUSEPORT): that is how a release takes over from another. Rejects with PORT_TAKEN.
   */
  listen(address: { host: string; port: number }): Promise<number>
  /** To every socket that joined the topic. */
  publish(topic: string, data: string | Uint8Array): void
  sockets(): Iterable<WireSocket>
  /** Open connections of both kinds. */
  readonly connections: number
  /**
   * No new connections from here on; requests that are under way finish, replies carry `Connection: close`, idle
   * connections close. WebSockets stay: closing them is the runtime's part. Resolves when the last connection has ended.
   */
  drain(): Promise<void>
  /** Cuts what is left. */
  destroy(): void
}
