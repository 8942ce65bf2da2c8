// Which ports there are for whom. What somebody has is said by serverctrl's values: a range only says where the next one comes from.
import type { ServerName } from '../../servers/contract/names.ts'

/** What every developer may have a port for. */
export const PORT_KINDS = ['httpserver', 'socketserver', 'dtserver', 'redis'] as const
export type PortKind = (typeof PORT_KINDS)[number]

/** Both ends belong to it. */
export interface PortRange {
  readonly from: number
  readonly to: number
}

export type PortRanges = Readonly<Record<PortKind, PortRange>>

export interface PortPlan {
  readonly ssh: number
  readonly viewer: number
  readonly ranges: PortRanges
  /** `index` is the developer's: 0 for master, 1 for dev1 and so on. What a yard begins with. */
  server(server: ServerName, index: number): number
  redis(index: number): number
}

/** How many ports `--ports-from` takes: two for the yard, and a run of BLOCK_RUN for each kind of port. */
export const PORT_BLOCK = 256
const BLOCK_RUN = 60
/** As many indexes as a yard has users for (`devenv/developers/uids.ts`). */
export const DEVELOPERS_MAX = 1000

/** Ranges where there is no block: master and 99 developers. `ports:` in yard.yml says others. */
const DEFAULT_RANGES: PortRanges = {
  httpserver: { from: 8000, to: 8079 },
  socketserver: { from: 1080, to: 1179 },
  dtserver: { from: 1180, to: 1279 },
  redis: { from: 6380, to: 6479 },
}

/** The ports people know, or one block that begins at `portsFrom`, so that several yards live on one machine; ranges that were given stand. */
export function planPorts(portsFrom?: number, given: Partial<PortRanges> = {}): PortPlan {
  const ranges = { ...(portsFrom === undefined ? DEFAULT_RANGES : blockRanges(portsFrom)), ...given }
  return {
    ssh: portsFrom ?? 2222,
    viewer: portsFrom === undefined ? 8088 : portsFrom + 1,
    ranges,
    server: (server, index) => ranges[server].from + index,
    redis: (index) => ranges.redis.from + index,
  }
}

function blockRanges(portsFrom: number): PortRanges {
  const run = (number: number): PortRange => {
    const from = portsFrom + 2 + number * BLOCK_RUN
    return { from, to: from + BLOCK_RUN - 1 }
  }
  return { httpserver: run(0), socketserver: run(1), dtserver: run(2), redis: run(3) }
}

/** As yard.yml says it: `1080-1179`. */
export function renderRange({ from, to }: PortRange): string {
  return from === to ? String(from) : `${from}-${to}`
}
