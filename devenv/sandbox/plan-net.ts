// What each sandbox may connect to on its own machine: the sandboxes of its developer, the shared httpserver, the stores of
// its conf. Pure.
import { MASTER, type SandboxName, SERVERS } from '../../servers/contract/names.ts'
import { sandboxUid, uidRange } from '../developers/uids.ts'
import type { NetPlan } from '../exec/net-filter.ts'
import { limitsOf, type YardLimits } from '../settings/limits.ts'

export interface NetNeeds {
  readonly developers: readonly { readonly name: string; readonly uid: number }[]
  /** Of each sandbox, the port it listens on, and the ports of the stores its conf names. */
  readonly sandboxes: readonly {
    readonly name: SandboxName
    readonly port: number
    readonly stores: readonly number[]
  }[]
  readonly limits: YardLimits
  /** The port of a MySQL that is not the yard's own. */
  readonly outsideMysqlPort: number | null
}

export function planNet({ developers, sandboxes, limits, outsideMysqlPort }: NetNeeds): NetPlan {
  const shared = sandboxes.filter(({ name }) => name.server === 'httpserver' && name.developer === MASTER)
  const ways = developers.flatMap(({ name, uid }) => {
    const own = sandboxes.filter((sandbox) => sandbox.name.developer === name)
    const ports = new Set([...own.flatMap(({ port, stores }) => [port, ...stores]), ...shared.map(({ port }) => port)])
    return SERVERS.flatMap((server) => [...ports].map((port) => ({ uid: sandboxUid(uid, server)!, port })))
  })
  const closed = developers
    .filter(({ name }) => !limitsOf(limits, name).outbound)
    .flatMap(({ uid }) => SERVERS.map((server) => sandboxUid(uid, server)!))
  return {
    uids: uidRange(developers[0]!.uid),
    ways,
    closed,
    everywhere: outsideMysqlPort === null ? [] : [outsideMysqlPort],
  }
}
