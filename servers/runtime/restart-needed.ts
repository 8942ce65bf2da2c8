// What a reload cannot change: it belongs to the process, or to an address that is open already.
import type { Conf } from '../contract/conf/conf.ts'
import { largestLimits } from './socket-limits.ts'

/** The directives whose new values count from the next restart on. `begun` is the conf that the process began with. */
export function restartNeeded(begun: Conf, next: Conf): string[] {
  const [before, after] = [largestLimits(begun), largestLimits(next)]
  const idle = (timeoutS: number) => timeoutS || Number.POSITIVE_INFINITY
  const changes: Readonly<Record<string, boolean>> = {
    worker_processes: begun.workerProcesses !== next.workerProcesses,
    engine: begun.engine !== next.engine,
    worker_connections: begun.workerConnections !== next.workerConnections,
    error_log: JSON.stringify(begun.errorLogs) !== JSON.stringify(next.errorLogs),
    idle_stop: begun.idleStopMs !== next.idleStopMs,
    pid: begun.pid !== next.pid,
    // Smaller ones are kept per socket; the engine holds the largest.
    websocket_max_payload: after.maxPayloadBytes > before.maxPayloadBytes,
    websocket_max_backpressure: after.maxBackpressureBytes > before.maxBackpressureBytes,
    websocket_idle_timeout: idle(after.idleTimeoutS) > idle(before.idleTimeoutS),
  }
  return Object.keys(changes).filter((directive) => changes[directive])
}
