// Which port belongs to whom before anybody has said otherwise. Values in serverctrl may say otherwise.
import type { ServerName } from '../../servers/contract/names.ts'

export interface PortPlan {
  readonly ssh: number
  readonly viewer: number
  /** `index` is the developer's: 0 for master, 1 for dev1 and so on. */
  server(server: ServerName, index: number): number
  redis(index: number): number
}

/** How many ports `--ports-from` takes: two for the yard, and a run of DEVELOPERS_MAX for each kind of port. */
export const PORT_BLOCK = 256
/** As many developers as one block has ports for. */
export const DEVELOPERS_MAX = 60

/** The ports people know, or one block that begins at `portsFrom`, so that several yards live on one machine. */
export function planPorts(portsFrom?: number): PortPlan {
  if (portsFrom === undefined) {
    return {
      ssh: 2222,
      viewer: 8088,
      server: (server, index) => ({ httpserver: 8000, socketserver: 1080, dtserver: 1180 })[server] + index,
      redis: (index) => 6380 + index,
    }
  }
  const run = (number: number, index: number) => portsFrom + 2 + number * DEVELOPERS_MAX + index
  return {
    ssh: portsFrom,
    viewer: portsFrom + 1,
    server: (server, index) => run({ httpserver: 0, socketserver: 1, dtserver: 2 }[server], index),
    redis: (index) => run(3, index),
  }
}
