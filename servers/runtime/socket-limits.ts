// The limits of a conf's WebSockets.
import type { Conf } from '../contract/conf/conf.ts'
import type { SocketLimits } from '../transport/port.ts'

/** The largest of all locations: what an engine has to be ready for. */
export function largestLimits(conf: Conf): SocketLimits {
  const locations = conf.servers.flatMap((server) => [...server.locations, server.base])
  const largest = (of: (limits: SocketLimits) => number) => Math.max(0, ...locations.map(of))
  return {
    maxPayloadBytes: largest((limits) => limits.maxPayloadBytes),
    maxBackpressureBytes: largest((limits) => limits.maxBackpressureBytes),
    // No timeout at all is the largest.
    idleTimeoutS: locations.some((limits) => limits.idleTimeoutS === 0) ? 0 : largest((limits) => limits.idleTimeoutS),
  }
}

/** Whether some location compresses; the others leave it out of their handshakes. */
export function offersCompression(conf: Conf): boolean {
  return conf.servers.some(({ locations }) => locations.some(({ websocketCompression }) => websocketCompression))
}
