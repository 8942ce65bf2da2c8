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
  /**
   * The client's address; `unix:`, as nginx's, for a client on a Unix socket. Asking the system for it costs as much as the rest
   * of a head, so it is found out when it is first read or when the handler returns without a reply; who wants it after a
   * reply that was given at once reads it before.
   */
  readonly ip: string
  readonly httpVersion: '1.0' | '1.1'
  /** It came over TLS. */
  readonly secure: boolean
}

/** One HTTP exchange. Every method is safe after the client has gone, and safe to call twice. */
export interface Exchange {
  readonly head: RequestHead
  /** Aborts when the client has gone before the reply was complete. */
  readonly aborted: AbortSignal
  /**
   * The whole body. At most one call of this or `stream`, else a TypeError. Rejects with a `BodyError` (body-error.ts):
   * `too-large` beyond `bytesMax` (0: no limit), by the Content-Length if there is one, else by the sum of what came;
   * `too-slow` when nothing came for `clientBodyMs`; `gone` when the client has gone, or the reply was sent meanwhile.
   * After `too-large` and `too-slow` the reply closes the connection.
   */
  body(bytesMax: number): Promise<Uint8Array>
  /**
   * The body piece by piece, no faster than it is read: a client whose pieces nobody reads has to wait. Fails as `body`
   * does; cancelling it drops what still comes.
   */
  stream(bytesMax: number): ReadableStream<Uint8Array>
  /**
   * Sends a whole reply. Gives the bytes of the body that were handed to the network, at once or when the last was or the
   * client has gone. Throws a TypeError, at once and before anything is sent, when a status, name or value may not be sent
   * (RFC 9110). Rejects only for a body that is a stream and fails: the connection was cut then. Content-Length,
   * Transfer-Encoding and Connection are the adapter's own: given ones are left out, but `connection: close` is obeyed, and the
   * `content-length` of a stream is kept, as is that of a reply to HEAD without a body. A stream that gives another number of
   * bytes than it said fails.
   */
  reply(reply: WireReply): Sent | Promise<Sent>
  /** Cuts the connection: for an error after the headers were sent. */
  destroy(): void
  /** The handler was stopped where it was and will not return; to be called before the reply. */
  interrupted(): void
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
   * is echoed only when the client offered it; `compression` (default false) takes up permessage-deflate when the client and
   * the transport offer it. Throws a RangeError for limits that cannot be kept.
   */
  accept(options: Acceptance): boolean
  /** As {@link Exchange.reply}. */
  refuse(reply: WireReply): Sent | Promise<Sent>
}

export interface Acceptance {
  readonly hold: unknown
  readonly limits: SocketLimits
  readonly protocol?: string
  readonly compression?: boolean
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

/** nginx's directives, in milliseconds. What an engine imposes beside them is told in `timeouts.ts`. */
export interface Timeouts {
  /** `client_header_timeout`: until a request's head is complete. */
  readonly clientHeaderMs: number
  /** `client_body_timeout`: between two reads of a body that is waited for. */
  readonly clientBodyMs: number
  /** `send_timeout`: between two writes to a client that does not read. */
  readonly sendMs: number
  /** `keepalive_timeout`: an idle connection is kept so long for its next request. 0: each reply ends its connection. */
  readonly keepaliveMs: number
  /** `keepalive_requests`: so many requests on one connection. */
  readonly keepaliveRequests: number
}

/** `ssl_certificate` (a chain in PEM, the server's own first), `ssl_certificate_key`, `ssl_protocols`, `ssl_ciphers`. */
export interface TlsOptions {
  readonly certificate: string
  readonly key: string
  /** Default TLSv1.2 and TLSv1.3, the only ones that there are. */
  readonly protocols?: readonly string[]
  /** OpenSSL's list, for TLSv1.2. Default: the library's. */
  readonly ciphers?: string
}

/** Where to listen. A Unix socket may be connected to by everybody who can reach its folder (mode 0666, as nginx's). */
export type ListenAddress =
  | { readonly host: string; readonly port: number }
  /** `takeOver`: another process that listens there is cut off from new clients, as a release does with the one before. */
  | { readonly path: string; readonly takeOver?: boolean }

export interface TransportOptions {
  readonly engine: 'uws' | 'node'
  /** HTTP and WebSocket together. One more is answered with 503, or closed with 1013. */
  readonly connectionsMax: number
  /** The largest of all locations (an idle timeout of 0 is larger than any); each socket keeps to its own `SocketLimits` below these. */
  readonly socketLimitsMax: SocketLimits
  readonly timeouts: Timeouts
  /** Every address of this transport speaks TLS. */
  readonly tls?: TlsOptions
  /** Offers permessage-deflate (RFC 7692), without a window kept between messages; short messages go as they are. */
  readonly compression: boolean
  readonly handlers: TransportHandlers
}

export interface Transport {
  /**
   * Takes the port; 0 asks the system for one. Resolves with the port, or 0 for a Unix socket. Other processes of the same
   * user may listen on a port too (SO_REUSEPORT): that is how a release takes over from another. The file of a Unix socket
   * that nobody listens on any more is replaced; it is removed at the end, unless another process has replaced it.
   * Rejects with PORT_TAKEN, or SERVICE_FAILED for an address that cannot be had.
   */
  listen(address: ListenAddress): Promise<number>
  /** To every socket that joined the topic. */
  publish(topic: string, data: string | Uint8Array): void
  sockets(): Iterable<WireSocket>
  /** Open connections of both kinds. */
  readonly connections: number
  /**
   * No new connections from here on; requests that are under way finish, replies carry `Connection: close`, idle
   * connections close. WebSockets stay: closing them is the runtime's part. Resolves when the last connection has ended.
   * `onLetGo` is called when it has stopped listening: right away, but for connections that were waiting to be accepted.
   */
  drain(onLetGo?: () => void): Promise<void>
  /** Cuts what is left. */
  destroy(): void
}
