// Limits of sockets, checked before an engine sees them: uWebSockets.js ends the process for an idle timeout it dislikes.
import type { SocketLimits } from './port.ts'

const IDLE_TIMEOUT_S_MIN = 8
const IDLE_TIMEOUT_S_MAX = 960
/** Sizes are 32-bit in the engine; half of that leaves room for its own margin. */
const BYTES_MAX = 2 ** 30

/** Throws a RangeError. */
export function checkSocketLimits(limits: SocketLimits): SocketLimits {
  const { maxPayloadBytes, maxBackpressureBytes, idleTimeoutS } = limits
  checkBytes('maxPayloadBytes', maxPayloadBytes)
  checkBytes('maxBackpressureBytes', maxBackpressureBytes)
  const kept =
    Number.isInteger(idleTimeoutS) && idleTimeoutS >= IDLE_TIMEOUT_S_MIN && idleTimeoutS <= IDLE_TIMEOUT_S_MAX
  if (!kept && idleTimeoutS !== 0) {
    throw new RangeError(
      `Cannot use an idle timeout of ${idleTimeoutS} s: it must be 0 or ${IDLE_TIMEOUT_S_MIN} to ${IDLE_TIMEOUT_S_MAX}`,
    )
  }
  return limits
}

function checkBytes(name: string, bytes: number): void {
  if (Number.isInteger(bytes) && bytes >= 1 && bytes <= BYTES_MAX) return
  throw new RangeError(`Cannot use a ${name} of ${bytes}: it must be 1 to ${BYTES_MAX}`)
}

/** A socket may ask for less than the server's largest, never for more. */
export function withinLimits(own: SocketLimits, max: SocketLimits): SocketLimits {
  checkSocketLimits(own)
  const fits = own.idleTimeoutS !== 0 && own.idleTimeoutS <= (max.idleTimeoutS || Infinity)
  if (fits && own.maxPayloadBytes <= max.maxPayloadBytes && own.maxBackpressureBytes <= max.maxBackpressureBytes)
    return own
  const idle = max.idleTimeoutS === 0 ? own.idleTimeoutS : Math.min(own.idleTimeoutS || Infinity, max.idleTimeoutS)
  return {
    maxPayloadBytes: Math.min(own.maxPayloadBytes, max.maxPayloadBytes),
    maxBackpressureBytes: Math.min(own.maxBackpressureBytes, max.maxBackpressureBytes),
    idleTimeoutS: idle,
  }
}
