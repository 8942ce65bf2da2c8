// Somebody who does a job: ours, or what people use instead.

export interface Peer {
  readonly title: string
  readonly pid: number
  readonly port: number
  stop(): Promise<void>
}

export const OURS = 'edgeyard'
export const BARE = 'uWebSockets.js' as const
export const NGINX = 'nginx + lua'

/** What every peer answers a plain request with. */
export const HELLO = 'hello'

/** Where the stores of a job are; a peer that is not given one does not use it. */
export interface StorePlaces {
  readonly redis?: { readonly port: number; readonly password: string }
  readonly mysql?: { readonly socket: string; readonly user: string }
}

/** What the two store jobs ask for, with every peer: one key, one row. */
export const KEY = 'bench'
export const QUERY = 'SELECT id, name, score FROM players WHERE id = ?'
export const ROW_ID = 42
