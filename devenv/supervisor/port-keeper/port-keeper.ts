// The daemon's end of the process that keeps ports (keep-ports.pl, which says how and why): it holds those of sandboxes that sleep,
// and sends clients to the newer process at a switch. It outlives a daemon that was killed: clients wait meanwhile, and the next
// daemon finds their ports held.
import { connect, type Socket } from 'node:net'
import { EdgeyardError, messageOf } from '../../../servers/contract/errors.ts'
import { type SandboxName, sandboxKey } from '../../../servers/contract/names.ts'
import type { HeldAddress } from '../../sandbox/sandbox-conf.ts'
import { within } from '../within.ts'

export interface PortHold {
  readonly name: SandboxName
  readonly addresses: readonly HeldAddress[]
  /** Whose the sandbox's processes are: only sockets of one user share a port. Null: ours. */
  readonly uid: number | null
  /** Somebody has connected, and waits. Called once for each hold. */
  onWaiting(): void
}

export interface PortKeeper {
  /** The kernel can hand over who waits at a held port (`net.ipv4.tcp_migrate_req`). Where it cannot, nothing is to be held. */
  readonly mayHold: boolean
  /** Resolves when the ports are listened on, beside whoever does so already. Throws SERVICE_FAILED, PORT_TAKEN. */
  hold(hold: PortHold): Promise<void>
  holds(name: SandboxName, port: number): boolean
  /** Lets go. Who waits moves to the process that listens there; without one they are cut off. Does not fail. */
  release(name: SandboxName): Promise<void>
  /** Lets go of what a daemon before us left held, and nobody has asked for since: the kernel sends half of all clients there. */
  releaseStrays(): Promise<void>
  /**
   * Who connects to a port that the process `pid` listens on (TCP, shared) is sent to the newest process that does, or to any of them, as
   * without a word. It stays so for whoever listens there next. Null when it is done, otherwise why not; does not fail.
   */
  prefer(whom: 'newest' | 'any', pid: number): Promise<string | null>
  close(): void
}

/** A switch waits for it, but not for long: clients are then sent to either. */
const PREFER_DEADLINE_MS = 500
/** Holding and letting go are a few system calls. */
const ANSWER_DEADLINE_MS = 5_000
const RECONNECT_EVERY_MS = 100
/** A keeper that was started again holds nothing: so long it is tried to tell it. */
const RECONNECT_MS = 30_000
const ANSWER_BYTES_MAX = 64 * 1024

type Verb = 'hold' | 'release' | 'prefer'
/** What is answered when it is done, and to what. */
const VERB_OF: Readonly<Record<string, Verb>> = { held: 'hold', released: 'release', preferred: 'prefer' }

/** No sandbox's key. */
const NOBODY = '-'

/** `path`: where keep-ports.pl listens. Connects when it is first asked for something. */
export function createPortKeeper(path: string, { mayHold }: Pick<PortKeeper, 'mayHold'>): PortKeeper {
  const held = new Map<string, PortHold>()
  const strays = new Set<string>()
  const asked = new Map<string, (why: string | null) => void>()
  let socket: Promise<Socket> | null = null
  let closed = false

  const obey = (line: string) => {
    const failure = /^failed (\S+ \S+) (.*)$/.exec(line)
    if (failure !== null) return asked.get(failure[1]!)?.(failure[2]!)
    const [word = '', key = ''] = line.split(' ')
    if (word === 'waiting') return held.get(key)?.onWaiting()
    if (word === 'holds') return held.has(key) ? undefined : void strays.add(key)
    asked.get(`${VERB_OF[word]} ${key}`)?.(null)
  }
  const open = (): Promise<Socket> =>
    new Promise((resolve, reject) => {
      const opening = connect(path)
      let text = ''
      opening.setEncoding('utf8')
      opening.once('connect', () => resolve(opening))
      opening.once('error', reject)
      opening.on('data', (piece: string) => {
        text += piece
        for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n')) {
          const line = text.slice(0, end)
          text = text.slice(end + 1)
          obey(line)
        }
        if (text.length > ANSWER_BYTES_MAX) opening.destroy()
      })
      opening.on('close', () => {
        socket = null
        for (const answer of [...asked.values()]) answer('the keeper of ports has ended')
        if (held.size > 0 && !closed) void holdAgain()
      })
    })
  const say = async (line: string): Promise<void> => {
    socket ??= open()
    const opened = await socket.catch((cause: unknown) => {
      socket = null
      throw new EdgeyardError('SERVICE_FAILED', 'Cannot reach the keeper of ports', { cause })
    })
    opened.write(`${line}\n`)
  }
  /** Null, or why not. */
  const ask = async (verb: Verb, key: string, rest = '', ms = ANSWER_DEADLINE_MS): Promise<string | null> => {
    const name = `${verb} ${key}`
    const answered = new Promise<string | null>((resolve) => asked.set(name, resolve))
    try {
      await say(`${name}${rest}`)
      return await within(answered, ms, 'the keeper of ports does not answer')
    } finally {
      asked.delete(name)
    }
  }
  const holdAgain = async () => {
    const end = performance.now() + RECONNECT_MS
    while (socket === null && !closed && performance.now() < end) {
      await new Promise((resolve) => setTimeout(resolve, RECONNECT_EVERY_MS))
      try {
        for (const hold of held.values()) await ask('hold', sandboxKey(hold.name), rendered(hold))
        return
      } catch {
        // It is not there yet.
      }
    }
  }

  return {
    mayHold,
    async hold(hold) {
      const key = sandboxKey(hold.name)
      const before = held.get(key)
      held.set(key, hold)
      strays.delete(key)
      const why = await ask('hold', key, rendered(hold)).catch((error: unknown) => {
        restore(before, key)
        throw error
      })
      if (why === null) return
      restore(before, key)
      throw new EdgeyardError('PORT_TAKEN', why)
    },
    holds: (name, port) => held.get(sandboxKey(name))?.addresses.some((one) => one.port === port) ?? false,
    async release(name) {
      const key = sandboxKey(name)
      if (!held.delete(key)) return
      await ask('release', key).catch(() => {})
    },
    async releaseStrays() {
      // It tells whoever connects what it holds, and then answers. Where it does not run nothing is held.
      if (socket === null) await ask('release', NOBODY).catch(() => {})
      await Promise.all([...strays].map((key) => ask('release', key).catch(() => {})))
      strays.clear()
    },
    prefer: (whom, pid) => ask('prefer', `${pid}`, ` ${whom}`, PREFER_DEADLINE_MS).catch(messageOf),
    close() {
      closed = true
      void socket?.then(
        (opened) => opened.destroy(),
        () => {},
      )
    },
  }

  function restore(before: PortHold | undefined, key: string): void {
    if (before === undefined) held.delete(key)
    else held.set(key, before)
  }
}

function rendered({ uid, addresses }: PortHold): string {
  return ` ${uid ?? '-'} ${addresses.map(({ host, port }) => `${host} ${port}`).join(' ')}`
}
