// The yard's own SSH server: git for those whose key we know, a few verbs, and nothing else. No account, no shell, no
// forwarding. It runs inside the daemon, so whatever a client sends may cost that client its connection, and us nothing.
import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import ssh2, { type Connection, type ServerChannel, type Session } from 'ssh2'
import { EdgeyardError, messageOf } from '../../servers/contract/errors.ts'
import type { Severity } from '../../servers/contract/record.ts'
import type { YardLayout } from '../sandbox/layout.ts'
import { ensureHostKey } from './host-key.ts'
import * as limits from './limits.ts'
import { type Identity, judgeAttempt } from './login.ts'
import { NO_SHELL, parseExec } from './parse-exec.ts'
import { planGit, runGit } from './run-git.ts'
import { runVerb } from './run-verb.ts'
import { say, withVisit } from './visit.ts'

export interface SshOptions {
  readonly layout: YardLayout
  readonly host: string
  /** 0: any free one. */
  readonly port: number
  /** Told of logins and commands: the yard's audit trail. Nothing a client chose freely is in `message`. */
  onRecord?(record: { severity: Severity; message: string; fields: Readonly<Record<string, unknown>> }): void
}

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
    if (guest !== undefined) welcome(guest, client, options, guests)
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
  let closed: Promise<void> | undefined
  const close = async () => {
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

/** A connection, from its first byte to its last. */
interface Guest {
  readonly socket: Socket
  client: Connection | null
  /** Null until a key is proven. */
  identity: Identity | null
  readonly channels: Set<ServerChannel>
  readonly working: Set<Promise<unknown>>
}

/** Makes room for a stranger, and gives it so long to become known. */
function receive(socket: Socket, guests: Set<Guest>): Guest {
  const guest: Guest = { socket, client: null, identity: null, channels: new Set(), working: new Set() }
  const strangers = [...guests].filter(({ identity }) => identity === null)
  // The oldest has had the most time: whoever means it is through in well under a second.
  if (strangers.length >= limits.STRANGERS_MAX) strangers[0]?.socket.destroy()
  guests.add(guest)
  const timer = setTimeout(() => {
    if (guest.identity === null) socket.destroy()
  }, limits.LOGIN_TIMEOUT_MS)
  socket.on('error', () => {})
  socket.setNoDelay(true)
  socket.once('close', () => {
    clearTimeout(timer)
    guests.delete(guest)
  })
  return guest
}

/** Cuts off whoever makes us hold more than they may: ssh2 itself trusts clients to heed windows and to read answers. */
function watch({ socket, channels }: Guest): void {
  socket.on('data', () => {
    let waiting = socket.writableLength
    for (const channel of channels) waiting += channel.readableLength
    if (waiting > limits.WAITING_BYTES_MAX) socket.destroy()
  })
}

function welcome(guest: Guest, client: Connection, options: SshOptions, guests: Set<Guest>): void {
  const { socket } = guest
  guest.client = client
  // Anything that is not SSH ends here. ssh2 only half-closes, and would go on reading.
  client.on('error', () => socket.destroy())
  let attempts = 0
  client.on('authentication', (attempt) => {
    if (++attempts > limits.LOGIN_ATTEMPTS_MAX) return void socket.destroy()
    judgeAttempt(options.layout, attempt)
      .then((judged) => {
        if (judged.kind === 'refused') return attempt.reject(['publickey'])
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
    if (guest.identity === null || guest.channels.size >= limits.SESSIONS_MAX) return reject()
    serveSession(guest, accept(), guest.identity, options)
  })
}

/** One command. A terminal, a subsystem, forwarding and so on have no listener here, and are refused by ssh2. */
function serveSession(guest: Guest, session: Session, identity: Identity, options: SshOptions): void {
  let protocol: string | undefined
  let begun = false
  session.on('env', (accept, _reject, { key, val }) => {
    if (key === 'GIT_PROTOCOL') protocol = val
    // Refused or not makes no difference to clients; saying yes spares them a warning.
    accept?.()
  })
  const begin = (channel: ServerChannel, act: () => Promise<unknown>) => {
    begun = true
    guest.channels.add(channel)
    const work = act()
      .catch((error: unknown) => {
        options.onRecord?.({ severity: 'error', message: `A command over ssh failed: ${messageOf(error)}`, fields: {} })
        channel.close()
      })
      .finally(() => {
        guest.channels.delete(channel)
        guest.working.delete(work)
      })
    guest.working.add(work)
  }
  session.on('shell', (accept, reject) => {
    if (begun) return reject?.()
    const channel = accept()
    begin(channel, () => withVisit(channel, guest.socket, async () => refuse(channel, NO_SHELL)))
  })
  session.on('exec', (accept, reject, { command }) => {
    if (begun) return reject?.()
    const channel = accept()
    begin(channel, () => serveCommand(guest, channel, command, { identity, protocol, options }))
  })
}

async function serveCommand(
  guest: Guest,
  channel: ServerChannel,
  text: string,
  who: { identity: Identity; protocol: string | undefined; options: SshOptions },
): Promise<void> {
  const { layout, onRecord } = who.options
  const { developer, fingerprint } = who.identity
  const request = parseExec(text)
  const exitCode = await withVisit(channel, guest.socket, async (visit) => {
    switch (request.kind) {
      case 'git':
        return runGit(visit, planGit(layout, request, developer, who.protocol), request.service)
      case 'refused':
        return refuse(channel, request.message)
      default:
        return runVerb(visit, request, { socket: layout.control, developer })
    }
  })
  const { kind, ...what } = request
  onRecord?.({
    severity: kind === 'refused' ? 'notice' : 'info',
    message: `${developer} used ${kind === 'act' || kind === 'git' ? Object.values(what).join(' ') : kind}`,
    fields: {
      fingerprint,
      exitCode,
      ip: guest.socket.remoteAddress,
      ...(kind === 'refused' ? { command: text.slice(0, 200) } : {}),
    },
  })
}

function refuse(channel: ServerChannel, message: string): number {
  say(channel, message)
  return 1
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
