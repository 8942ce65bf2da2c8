// Clients by the dozen that send what no client should, to one engine, until the time is over or something is found.
import { FuzzedServer, type Memory } from './fuzzed-server.ts'
import { httpInput, type WireInput } from './http-inputs.ts'
import { Random } from './random.ts'
import { websocketInput } from './websocket-inputs.ts'

/** So many clients at a time, between two looks at the server's health. */
const CLIENTS = 40
/** What a server may keep: the second half of a run must not cost more than this. */
const HEAP_GROWTH_BYTES = 4 * 1024 * 1024
const RSS_GROWTH_BYTES = 64 * 1024 * 1024

export interface Found {
  readonly round: number
  readonly what: string
  /** Undefined for what no single input does. */
  readonly input?: string | WireInput
}

export interface Fuzzed {
  readonly inputs: number
  readonly found: readonly Found[]
  /** In words. */
  readonly memory?: string
}

const MAKERS = { http: httpInput, websocket: websocketInput } as const

export async function fuzzWire(
  target: keyof typeof MAKERS,
  engine: 'uws' | 'node',
  { seed, seconds }: { readonly seed: number; readonly seconds: number },
): Promise<Fuzzed> {
  const make = (round: number) => MAKERS[target](new Random(seed + round))
  const found: Found[] = []
  let server = await FuzzedServer.start(engine)
  let round = 0
  const runUntil = async (end: number) => {
    while (performance.now() < end) {
      const rounds = Array.from({ length: CLIENTS }, (_, i) => round + i)
      round += CLIENTS
      await Promise.all(rounds.map((one) => server.send(make(one))))
      const what = await server.check()
      if (what === undefined) continue
      await server.stop()
      found.push(await blame(engine, rounds, make, what))
      server = await FuzzedServer.start(engine)
    }
  }
  try {
    const begin = performance.now()
    await runUntil(begin + seconds * 500)
    const half = await server.memory()
    await runUntil(performance.now() + seconds * 500)
    const whole = await server.memory()
    const leak = found.length === 0 ? leakBetween(half, whole) : undefined
    if (leak !== undefined) found.push({ round, what: leak })
    return { inputs: round, found, memory: `${shown(half)} at half time, ${shown(whole)} at the end` }
  } finally {
    await server.stop()
  }
}

/** One of them alone, if one alone does it; else the first. */
async function blame(
  engine: 'uws' | 'node',
  rounds: readonly number[],
  make: (round: number) => WireInput,
  what: string,
): Promise<Found> {
  for (const round of rounds) {
    const again = await tryAlone(engine, make(round))
    if (again !== undefined) return { round, what: again, input: make(round) }
  }
  const [first = 0] = rounds
  return { round: first, what: `not by one alone, of ${rounds.length} from here: ${what}`, input: make(first) }
}

/** What is wrong with a fresh server after that input; undefined when nothing is. */
export async function tryAlone(engine: 'uws' | 'node', input: WireInput): Promise<string | undefined> {
  const server = await FuzzedServer.start(engine)
  try {
    await server.send(input)
    return await server.check()
  } finally {
    await server.stop()
  }
}

function leakBetween(half: Memory | undefined, whole: Memory | undefined): string | undefined {
  if (half === undefined || whole === undefined) return 'a connection or a request never ends'
  if (whole.heapBytes - half.heapBytes > HEAP_GROWTH_BYTES)
    return `the heap grows: ${shown(half)}, then ${shown(whole)}`
  // What the first half needed once, malloc may hold or give back at any time: only more than that is growth.
  if (whole.rssBytes - half.peakBytes > RSS_GROWTH_BYTES)
    return `the process grows: ${shown(half)}, then ${shown(whole)}`
  return undefined
}

function shown(memory: Memory | undefined): string {
  if (memory === undefined) return 'unknown'
  return `${(memory.heapBytes / 2 ** 20).toFixed(1)} MiB heap in ${(memory.rssBytes / 2 ** 20).toFixed(0)} MiB`
}
