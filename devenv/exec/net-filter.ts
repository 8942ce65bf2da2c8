// What sandboxes may connect to on this machine and beyond: a table of our own in the kernel's packet filter (nftables), which
// knows a sandbox by its user. Sandboxes share the machine's network, because old and new release share a port; so without
// this, every service that listens on 127.0.0.1 is open to every script. Nobody else's table is read or changed.
import { accessSync, constants } from 'node:fs'
import { messageOf } from '../../servers/contract/errors.ts'
import { runOk } from './run-command.ts'

const NFT = '/usr/sbin/nft'
const NFT_TIMEOUT_MS = 10_000

export interface NetPlan {
  /** The first and the last user of a sandbox. All others are left alone. */
  readonly uids: readonly [first: number, last: number]
  /** TCP ports of this machine that a user may connect to. */
  readonly ways: readonly { readonly uid: number; readonly port: number }[]
  /** Users without connections to other machines … */
  readonly closed: readonly number[]
  /** … but to these ports, of a database that is somewhere else. */
  readonly everywhere: readonly number[]
}

export interface NetFilter {
  /** Null: it works. Otherwise why not; then the others do nothing. */
  readonly why: string | null
  /** Puts a plan in the place of the one before, in one step. Does nothing when it is the same. Rejects with COMMAND_FAILED. */
  apply(plan: NetPlan): Promise<void>
  /** Takes the table away. Never rejects. */
  remove(): Promise<void>
}

/** For tests, and where nothing is asked for. */
export const NO_NET_FILTER: NetFilter = { why: 'not asked for', apply: async () => {}, remove: async () => {} }

/** Never rejects. */
export async function createNetFilter({ asRoot }: { asRoot: boolean }): Promise<NetFilter> {
  const why = asRoot ? await whyNot() : 'only root may filter connections'
  if (why !== null) return { ...NO_NET_FILTER, why }
  let applied = ''
  let table: string | null = null
  return {
    why: null,
    async apply(plan) {
      const text = renderNetFilter(plan)
      if (text === applied) return
      await nft(['-f', '-'], text)
      applied = text
      table = tableOf(plan)
    },
    async remove() {
      if (table === null) return
      applied = ''
      await nft(['-f', '-'], `${emptyTable(table)}delete table inet ${table}\n`).catch(() => {})
    },
  }
}

async function whyNot(): Promise<string | null> {
  try {
    accessSync(NFT, constants.X_OK)
  } catch {
    return `there is no ${NFT}: apt-get install nftables`
  }
  const plan = { uids: [1, 2], ways: [{ uid: 1, port: 1 }], closed: [1], everywhere: [1] } as const
  return await nft(['-c', '-f', '-'], renderNetFilter(plan)).then(() => null, messageOf)
}

const nft = (args: readonly string[], input: string) => runOk({ file: NFT, args }, { input, timeoutMs: NFT_TIMEOUT_MS })

/** Pure. */
export function renderNetFilter(plan: NetPlan): string {
  const { uids, ways, closed, everywhere } = plan
  const table = tableOf(plan)
  const elements = (all: readonly string[]) => (all.length === 0 ? '' : ` elements = { ${all.join(', ')} }`)
  return `${emptyTable(table)}delete table inet ${table}
table inet ${table} {
  set ways { type uid . inet_service;${elements(ways.map(({ uid, port }) => `${uid} . ${port}`))} }
  set closed { type uid;${elements(closed.map(String))} }
  set everywhere { type inet_service;${elements(everywhere.map(String))} }
  chain output {
    type filter hook output priority filter; policy accept;
    meta skuid ${uids[0]}-${uids[1]} goto sandboxes
  }
  chain sandboxes {
    # Only the first packet of a connection asks for one; all others, and answers to clients, pass.
    meta l4proto tcp tcp flags & (fin | syn | rst | ack) != syn accept
    oif lo meta skuid . tcp dport @ways accept
    oif lo meta skuid != @closed meta l4proto { tcp, udp } th dport 53 accept
    oif lo meta l4proto tcp counter reject with tcp reset
    oif lo counter reject
    meta skuid != @closed accept
    tcp dport @everywhere accept
    meta l4proto tcp counter reject with tcp reset
    counter reject
  }
}
`
}

/** Named by its users, which no other yard has: what a yard left that was never taken down is replaced by the next of them. */
const tableOf = ({ uids }: NetPlan) => `edgeyard_${uids[0]}`

/** A table that is there for sure can be deleted. */
const emptyTable = (table: string) => `table inet ${table} {}\n`
