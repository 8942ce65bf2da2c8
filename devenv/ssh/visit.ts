// One command of one client while it runs: its channel, and whether anybody is still there.
import type { ServerChannel } from 'ssh2'
import { IDLE_TIMEOUT_MS } from './limits.ts'
import type { Wire } from './pump.ts'

export interface Visit {
  readonly channel: ServerChannel
  readonly wire: Wire
  /** Aborts when the client has left, or has been idle too long. */
  readonly gone: AbortSignal
  /** To be called when bytes have moved in either direction. */
  onMoved(): void
}

/** Runs `act` as a visit, then tells the client the exit code and closes the channel. Never rejects unless `act` does. */
export async function withVisit(
  channel: ServerChannel,
  wire: Wire,
  act: (visit: Visit) => Promise<number>,
): Promise<number> {
  const leaving = new AbortController()
  const leave = () => leaving.abort()
  const idle = setTimeout(() => {
    leave()
    channel.close()
  }, IDLE_TIMEOUT_MS)
  channel.on('close', leave)
  // An error of a channel is the client's going; `close` follows.
  channel.on('error', leave)
  channel.stderr.on('error', leave)
  try {
    const exitCode = await act({ channel, wire, gone: leaving.signal, onMoved: () => idle.refresh() })
    if (!leaving.signal.aborted) {
      channel.exit(exitCode)
      channel.end()
    }
    return exitCode
  } finally {
    clearTimeout(idle)
  }
}

/** Says something to the person at the other end, as `edgeyard: …` on their stderr. */
export function say(channel: ServerChannel, message: string): void {
  channel.stderr.write(`edgeyard: ${message}\n`)
}
