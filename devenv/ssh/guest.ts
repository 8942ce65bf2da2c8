// A connection to the SSH server, known or not, and what it may cost us.
import type { Socket } from 'node:net'
import type { Connection, ServerChannel } from 'ssh2'
import * as limits from './limits.ts'
import type { Identity } from './login.ts'

/** A connection, from its first byte to its last. */
export interface Guest {
  readonly socket: Socket
  /** Kept, because a closed socket has forgotten it. */
  readonly ip: string | undefined
  client: Connection | null
  /** Null until a key is proven. */
  identity: Identity | null
  /** Sessions and forwardings that were let in and are not over. */
  places: number
  /** Of those that have one. */
  readonly channels: Set<ServerChannel>
  readonly working: Set<Promise<unknown>>
}

/** Makes room for a stranger, and gives it so long to become known. */
export function receive(socket: Socket, guests: Set<Guest>): Guest {
  const guest: Guest = {
    socket,
    ip: socket.remoteAddress,
    client: null,
    identity: null,
    places: 0,
    channels: new Set(),
    working: new Set(),
  }
  const strangers = [...guests].filter(({ identity }) => identity === null)
  // The oldest has had the most time: whoever means it is through in well under a second.
  if (strangers.length >= limits.STRANGERS_MAX) strangers[0]?.socket.destroy()
  guests.add(guest)
  const timer = setTimeout(() => {
    if (guest.identity === null) socket.destroy()
  }, limits.LOGIN_TIMEOUT_MS)
  socket.on('error', () => {})
  socket.setNoDelay(true)
  socket.setKeepAlive(true, limits.KEEP_ALIVE_MS)
  socket.once('close', () => {
    clearTimeout(timer)
    guests.delete(guest)
  })
  return guest
}

/** One of the SESSIONS_MAX places of a connection; what is returned gives it back. Null when all are taken. */
export function takePlace(guest: Guest): (() => void) | null {
  if (guest.places >= limits.SESSIONS_MAX) return null
  guest.places++
  return () => {
    guest.places--
  }
}

/** Cuts off whoever makes us hold more than they may: ssh2 itself trusts clients to heed windows and to read answers. */
export function watch({ socket, channels }: Guest): void {
  socket.on('data', () => {
    let waiting = socket.writableLength
    for (const channel of channels) waiting += channel.readableLength
    if (waiting > limits.WAITING_BYTES_MAX) socket.destroy()
  })
}
