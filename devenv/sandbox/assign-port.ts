// The next port of a kind: the developer's own place in the range when nobody has it, the first that is free otherwise. Pure.
import { EdgeyardError } from '../../servers/contract/errors.ts'
import { type PortKind, type PortRange, renderRange } from './ports.ts'

/** Who has a port, in words: `socketserver of ana`, `pid 412 (nginx)`. */
export type PortHolders = ReadonlyMap<number, string>

/** Throws `PORT_TAKEN` when the range is full: it says of which range, and who has its last port. */
export function assignPort(kind: PortKind, range: PortRange, index: number, holders: PortHolders): number {
  const place = range.from + index
  if (place <= range.to && !holders.has(place)) return place
  for (let port = range.from; port <= range.to; port++) if (!holders.has(port)) return port
  throw new EdgeyardError(
    'PORT_TAKEN',
    `the range ${kind}: ${renderRange(range)} is full (port ${range.to} is that of ${holders.get(range.to)}); widen it in yard.yml, below "ports:"`,
  )
}
