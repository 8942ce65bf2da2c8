// Alternated rounds: A B C A B C …, so that whatever else the machine does meets every peer. Compare the ratios of one run,
// never the figures of two.
import { cpuMicroseconds } from './cpu-time.ts'
import type { Measured } from './figures.ts'
import type { Load } from './load/load.ts'
import type { LoadProcess } from './load/start-load.ts'
import type { Peer } from './peers/peer.ts'

export interface Pace {
  /** Odd, so that the median is one of them. */
  readonly rounds: number
  readonly roundMs: number
  /** How long the round lasts that is not counted: until V8 has compiled what is hot. */
  readonly warmMs: number
  /** How many sockets, edits, starts: the jobs that are not rounds of load. */
  readonly idleSockets: number
  readonly idleRounds: number
  readonly times: number
}

export const FULL: Pace = { rounds: 7, roundMs: 1000, warmMs: 1500, idleSockets: 10_000, idleRounds: 3, times: 15 }
export const QUICK: Pace = { rounds: 3, roundMs: 100, warmMs: 300, idleSockets: 2000, idleRounds: 1, times: 3 }

/** Server CPU in microseconds per operation. */
export async function measureCpu(
  load: LoadProcess,
  peers: readonly Peer[],
  { rounds, roundMs, warmMs }: Pace,
  of: (port: number) => Load,
): Promise<Measured[]> {
  const measured = peers.map(({ title }) => ({ peer: title, values: [] as number[] }))
  for (let n = 0; n <= rounds; n++) {
    for (const [index, { title, pid, port }] of peers.entries()) {
      try {
        await load.open(of(port))
        const before = cpuMicroseconds(pid)
        const operations = await load.run(n === 0 ? warmMs : roundMs)
        const used = cpuMicroseconds(pid) - before
        await load.close()
        if (n > 0) measured[index]!.values.push(used / operations)
      } catch (error) {
        throw new Error(`${title}: ${error instanceof Error ? error.message : error}`, { cause: error })
      }
    }
  }
  return measured
}
