// WebSockets of a draining server are closed with 1012 (service restart), a few at a time: thousands of clients that come
// back in one moment would be a flood for the new one.
import type { WireSocket } from '../transport/port.ts'

/** Restart: the client is to connect again. */
const SERVICE_RESTART = 1012
const REASON = 'The server restarts, connect again'
const TICK_MS = 50
/** So few need no spreading. */
const AT_ONCE_MAX = 20

/** How many of `open` sockets to close now, with `ticksLeft` of the window left, this one included. */
export function planShare(open: number, ticksLeft: number): number {
  return open <= AT_ONCE_MAX ? open : Math.ceil(open / Math.max(1, ticksLeft))
}

/** Closes what is open, and what opens meanwhile, evenly over `windowMs`. Returns the function that ends it. */
export function closeSocketsOver(windowMs: number, sockets: () => Iterable<WireSocket>): () => void {
  let ticksLeft = Math.max(1, Math.floor(windowMs / TICK_MS))
  const closing = new WeakSet<WireSocket>()
  const tick = () => {
    const open = [...sockets()].filter((socket) => socket.open && !closing.has(socket))
    for (const socket of open.slice(0, planShare(open.length, ticksLeft))) {
      closing.add(socket)
      socket.close(SERVICE_RESTART, REASON)
    }
    ticksLeft--
  }
  const timer = setInterval(tick, TICK_MS)
  tick()
  return () => clearInterval(timer)
}

export function closeSocketsNow(sockets: Iterable<WireSocket>): void {
  for (const socket of [...sockets]) socket.close(SERVICE_RESTART, REASON)
}
