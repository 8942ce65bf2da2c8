// What the load is asked to do, and its words with the bench. It is a process of its own, so that its work is not counted as
// a server's; it speaks raw bytes that were made before, the same to every peer.

export type Load =
  /** One request under way on each connection. */
  | { readonly kind: 'http'; readonly port: number; readonly path: string; readonly connections: number }
  /** `framesPerWrite` messages under way on each socket, sent in one write. */
  | {
      readonly kind: 'echo'
      readonly port: number
      readonly connections: number
      readonly bytes: number
      readonly framesPerWrite: number
      readonly binary?: boolean
    }
  /** Some of the subscribers send one message each, at once, to everybody; an operation is one message. */
  | {
      readonly kind: 'publish'
      readonly port: number
      readonly subscribers: number
      readonly speakers: number
      readonly bytes: number
    }
  /** Opens sockets and keeps them. */
  | { readonly kind: 'idle'; readonly port: number; readonly connections: number }

export type ToLoad = { readonly open: Load } | { readonly runMs: number } | { readonly close: true }
export type FromLoad = { readonly done: number } | { readonly failed: string }
