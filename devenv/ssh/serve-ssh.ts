// The yard's own SSH server: git for those whose key we know, a few verbs, the debugger of one's own sandbox, and
// nothing else. No account, no shell, no other forwarding. It runs inside the daemon, so whatever a client sends may cost that client its connection, and us nothing.
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import ssh2, { type Connection, type ServerChannel } from 'ssh2'
import { EdgeyardError, messageOf } from '../../servers/contract/errors.ts'
import { sandboxKey } from '../../servers/contract/names.ts'
import { connectDebugger, join, parseDebugTarget } from './forward-debugger.ts'
import { type Guest, receive, takePlace, watch } from './guest.ts'
import { ensureHostKey } from './host-key.ts'
import * as limits from './limits.ts'
import { logOut, watchKeys } from './log-out.ts'
import { type Identity, isStill, judgeAttempt } from './login.ts'
import { createRefusedLogins, keyOfAttempt, type RefusedLogins } from './refused-logins.ts'
import { serveSession } from './serve-session.ts'
import type { SshOptions } from './ssh-options.ts'

/**
 * Listens until `close`, which takes no more connections, lets commands that run end (at most CLOSE_GRACE_MS), and cuts
 * the rest. Throws `PORT_TAKEN`, and `ROOT_UNUSABLE` for a broken host key.
 */
export async function serveSsh(options: SshOptions): Promise<{
  readonly port: number
  /** `SHA256:…` of the host key, for those who want to check their first connection. */
  readonly fingerprint: string
  close(): Promise<void>
}> {
  const hostKey = await ensureHostKey(options.layout)
  const guests = new Set<Guest>()
  const refused = createRefusedLogins(options)
  const ssh = new ssh2.Server({
    hostKeys: [hostKey.privateKey],
    ident: 'edgeyard',
    // Compression costs memory per client, and a small packet may become a large one.
    algorithms: { compress: ['none'] },
  })
  // ssh2 hands a client over without its socket; this is how the two are put together again.
  const arriving = new Map<string, Guest>()
  ssh.on('connection', (client, info) => {
    const guest = arriving.get(`${info.ip} ${info.port}`)
    if (guest !== undefined) welcome(guest, client, options, { guests, refused })
  })
  const tcp = createServer((socket) => {
    const guest = receive(socket, guests)
    const address = `${socket.remoteAddress} ${socket.remotePort}`
    arriving.set(address, guest)
    socket.once('close', () => {
      if (arriving.get(address) === guest) arriving.delete(address)
    })
    ssh.injectSocket(socket)
    watch(guest)
  })
  await listen(tcp, options)
  const unwatch = watchKeys(guests, options)
  let closed: Promise<void> | undefined
  const close = async () => {
    unwatch()
    const ended = once(tcp, 'close')
    tcp.close()
    for (const guest of guests) if (guest.working.size === 0) guest.socket.destroy()
    const all = [...guests].flatMap((guest) => [...guest.working])
    await Promise.race([Promise.allSettled(all), graceOver()])
    for (const guest of guests) guest.client?.end()
    for (const guest of guests) guest.socket.destroy()
    await ended
  }
  return {
    port: (tcp.address() as AddressInfo).port,
    fingerprint: hostKey.fingerprint,
    close: () => (closed ??= close()),
  }
}

function welcome(
  guest: Guest,
  client: Connection,
  options: SshOptions,
  { guests, refused }: { guests: Set<Guest>; refused: RefusedLogins },
): void {
  const { socket } = guest
  guest.client = client
  // Anything that is not SSH ends here. ssh2 only half-closes, and would go on reading.
  client.on('error', () => socket.destroy())
  let attempts = 0
  const refusedKeys = new Set<string>()
  socket.once('close', () => {
    if (guest.identity === null) refused.tell(guest.ip, refusedKeys)
  })
  client.on('authentication', (attempt) => {
    if (++attempts > limits.LOGIN_ATTEMPTS_MAX) return void socket.destroy()
    judgeAttempt(options.layout, attempt)
      .then((judged) => {
        if (judged.kind === 'refused') {
          const key = keyOfAttempt(attempt)
          if (key !== null) refusedKeys.add(key)
          return attempt.reject(['publickey'])
        }
        if (judged.kind === 'offered') return attempt.accept()
        const same = [...guests].filter((one) => one.identity?.developer === judged.identity.developer)
        if (same.length >= limits.CONNECTIONS_PER_DEVELOPER_MAX) return void socket.destroy()
        guest.identity = judged.identity
        options.onRecord?.({
          severity: 'info',
          message: `${judged.identity.developer} logged in`,
          fields: { fingerprint: judged.identity.fingerprint, ip: socket.remoteAddress },
        })
        attempt.accept()
      })
      .catch((error: unknown) => {
        options.onRecord?.({ severity: 'error', message: `Cannot judge a login: ${messageOf(error)}`, fields: {} })
        socket.destroy()
      })
  })
  client.on('session', (accept, reject) => {
    // ssh2 opens no session before a login; asked again here, because everything hangs on it.
    const free = guest.identity === null ? null : takePlace(guest)
    if (guest.identity === null || free === null) return reject()
    serveSession(guest, accept(), { identity: guest.identity, free, options })
  })
  client.on('tcpip', (accept, reject, { destIP }) => {
    const free = guest.identity === null ? null : takePlace(guest)
    if (guest.identity === null || free === null) return reject()
    void forward(guest, destIP, { accept, reject }, { identity: guest.identity, options }).finally(free)
  })
}

/** To the debugger of the sandbox that a host name stands for. Never rejects. */
async function forward(
  guest: Guest,
  host: string,
  { accept, reject }: { accept(): ServerChannel; reject(): void },
  { identity, options }: { identity: Identity; options: SshOptions },
): Promise<void> {
  const { layout, onRecord } = options
  const { developer: who, fingerprint } = identity
  const name = parseDebugTarget(host, who)
  if (name === null) return reject()
  const fields = { ip: guest.socket.remoteAddress, fingerprint }
  try {
    if (!(await isStill(layout, identity))) {
      reject()
      return logOut(guest, options)
    }
    const socket = await connectDebugger(layout.control, name, { who, key: fingerprint })
    onRecord?.({ severity: 'notice', message: `${who} debugs ${sandboxKey(name)}`, fields })
    const channel = accept()
    guest.channels.add(channel)
    await join(channel, socket).finally(() => guest.channels.delete(channel))
  } catch (error) {
    onRecord?.({ severity: 'notice', message: `${who} cannot debug ${sandboxKey(name)}: ${messageOf(error)}`, fields })
    reject()
  }
}

async function listen(tcp: ReturnType<typeof createServer>, { host, port }: SshOptions): Promise<void> {
  tcp.listen({ host, port })
  await once(tcp, 'listening').catch((cause: NodeJS.ErrnoException) => {
    if (cause.code !== 'EADDRINUSE') throw cause
    throw new EdgeyardError('PORT_TAKEN', `Cannot listen for ssh on ${host}:${port}: another program has this port`, {
      cause,
    })
  })
}

function graceOver(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, limits.CLOSE_GRACE_MS).unref())
}
