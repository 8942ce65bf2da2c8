// What every job gets, and what it gives.
import type { JobResult } from '../figures.ts'
import type { LoadProcess } from '../load/start-load.ts'
import { NGINX, type Peer } from '../peers/peer.ts'
import { pin } from '../pin.ts'
import type { Pace } from '../rounds.ts'

export interface Bench {
  readonly pace: Pace
  readonly load: LoadProcess
  /** Shows a result as soon as it is there. */
  report(result: JobResult): void
}

export const NO_NGINX = `${NGINX} (nginx with its Lua module, or OpenResty, is not installed)`

/** Starts the peers, on the servers' core; ends them whatever `work` does. Undefined ones are missing. */
export async function withPeers(
  starting: readonly Promise<Peer | undefined>[],
  work: (peers: readonly Peer[]) => Promise<void>,
): Promise<void> {
  const settled = await Promise.allSettled(starting)
  const peers = settled.flatMap((one) => (one.status === 'fulfilled' && one.value !== undefined ? [one.value] : []))
  try {
    const failed = settled.find((one) => one.status === 'rejected')
    if (failed !== undefined) throw failed.reason
    for (const { pid } of peers) pin(pid, 'server')
    await work(peers)
  } finally {
    await Promise.all(peers.map((peer) => peer.stop()))
  }
}
