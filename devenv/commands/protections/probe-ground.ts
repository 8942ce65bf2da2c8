// A small yard of two made-up developers, in a folder of its own: one attacks, the other has something to lose. Nothing of a
// yard that runs is touched, and everything is confined by the very words that confine its sandboxes.
import { chmod, chown, mkdir, mkdtemp, readdir, readFile, realpath, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { SandboxName } from '../../../servers/contract/names.ts'
import { developerGid, sandboxUid } from '../../developers/uids.ts'
import { createLimiter, type Limiter } from '../../exec/limiter.ts'
import { createNetFilter, type NetFilter } from '../../exec/net-filter.ts'
import { type Isolation, probeIsolation } from '../../exec/probe-isolation.ts'
import { identifyProcess, signalProcess } from '../../exec/process-table.ts'
import { type StartedProcess, startProcess } from '../../exec/start-process.ts'
import { type YardLayout, yardLayout } from '../../sandbox/layout.ts'
import { planNet } from '../../sandbox/plan-net.ts'
import { DEFAULT_LIMITS, type Limits } from '../../settings/limits.ts'
import { confineSandbox } from '../../supervisor/confine-sandbox.ts'
import { ensureRedisRun, ensureSandboxFolders, ensureYardFolders } from '../../supervisor/folders.ts'
import { nodeEnvironment } from '../../supervisor/node-program.ts'
import { within } from '../../supervisor/within.ts'

/** Users that no yard has, and no other doctor at the same time. */
const UIDS = 3_999_992_000 - (process.pid % 1000) * 4000
const ATTACKER = { server: 'socketserver', developer: 'probe-a' } as const
const SIBLING = { server: 'dtserver', developer: 'probe-a' } as const
const VICTIM = { server: 'socketserver', developer: 'probe-b' } as const
const ATTACK_DEADLINE_MS = 15_000
/** It ends by itself too: who tries this may be interrupted. */
const WAITING = "require('node:fs').writeSync(3, '1\\n'); setTimeout(() => {}, 120_000)"

/** What an attack is told: where things are. */
interface Places {
  readonly own: { readonly release: string; readonly conf: string; readonly run: string }
  readonly others: readonly string[]
  readonly yard: readonly string[]
  readonly control: string
  readonly othersRedis: string
  readonly othersLog: string
  readonly ownRedis: string
  /** A port of 127.0.0.1 that is nobody's business, and the process of another developer, of the own other server. */
  readonly port: number
  readonly abstract: string
  readonly marker: string
  readonly pids: readonly number[]
}

export interface Attack {
  /** JavaScript whose value is answered; `places`, `fs`, `net`, `attempt` and what else {@link wrap} puts before it is there. */
  readonly script: string
  readonly limits?: Partial<Limits>
  /** It leaves a process behind, with `places.marker` among its arguments. */
  readonly leaves?: true
}

/** `answer`: undefined when it ended without one. */
export interface Outcome {
  readonly answer: unknown
  /** How many processes with its marker were there after its end; they have been ended. */
  readonly left: number
}

export interface ProbeGround {
  readonly isolation: Isolation
  readonly limiter: Limiter
  readonly netFilter: NetFilter
  run(attack: Attack): Promise<Outcome>
  close(): Promise<void>
}

export async function createProbeGround(projectRoot: string): Promise<ProbeGround> {
  const asRoot = process.getuid?.() === 0
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'eyp-')))
  const layout = yardLayout(folder)
  const isolation = await probeIsolation({ asRoot })
  const limiter = createLimiter(layout.root, { asRoot })
  const netFilter = await createNetFilter({ asRoot })
  const servers: Server[] = []
  const started: StartedProcess[] = []
  const context = { layout, projectRoot: await realpath(projectRoot), isolation, limiter }
  const uidOf = ({ server, developer }: SandboxName) =>
    asRoot ? sandboxUid(UIDS + (developer === VICTIM.developer ? 2 : 1), server) : null

  const start = async (name: SandboxName, script: string, limits: Limits): Promise<StartedProcess> => {
    const { folder: cwd, conf, releases } = layout.sandbox(name)
    const command = confineSandbox(
      context,
      { file: process.execPath, args: ['-e', script], env: nodeEnvironment(), cwd },
      { name, uid: uidOf(name), limits, readOnly: [dirname(conf), releases] },
    )
    return await startProcess(command, { outputFile: join(layout.outputs, `${name.server}-${name.developer}.log`) })
  }
  const end = async (process: StartedProcess) => {
    const identity = identifyProcess(process.pid)
    // Where nothing ends its children with it, its process group has most of them.
    if (identity !== null && isolation.kind !== 'bubblewrap') signalGroup(process.pid)
    if (identity !== null) signalProcess(identity, 'SIGKILL')
    await process.exited
  }
  const close = async () => {
    for (const one of started) await end(one)
    for (const server of servers) server.close()
    await netFilter.remove()
    limiter.tidy()
    await rm(folder, { recursive: true, force: true })
  }

  try {
    await ensureYardFolders(layout)
    for (const name of [ATTACKER, SIBLING, VICTIM]) await furnish(layout, name, uidOf(name))
    const listen = async (where: { path: string } | { host: string; port: number }) => {
      const server = createServer((socket) => socket.on('error', () => {}).end('hello'))
      servers.push(server)
      await new Promise<void>((resolve, reject) => server.once('error', reject).listen(where, () => resolve()))
      return server
    }
    const abstract = `\0edgeyard-${folder}`
    await writeFile(layout.settings, '', { mode: 0o600 })
    await writeFile(layout.hostKey, '', { mode: 0o600 })
    await listen({ path: layout.control })
    await listen({ path: abstract })
    for (const name of [ATTACKER, VICTIM]) {
      const owner = uidOf(name)
      for (const path of [layout.redis(name.developer).socket, layout.logSocket(name.developer)]) {
        await listen({ path })
        await chmod(path, 0o660)
        if (owner !== null) await chown(path, developerGid(owner), developerGid(owner))
      }
    }
    const { port } = (await listen({ host: '127.0.0.1', port: 0 })).address() as { port: number }
    if (asRoot) {
      await netFilter.apply(
        planNet({
          developers: [{ name: ATTACKER.developer, uid: UIDS + 1 }],
          sandboxes: [],
          limits: { everybody: { ...DEFAULT_LIMITS, outbound: false }, developers: {} },
          outsideMysqlPort: null,
        }),
      )
    }
    for (const name of [SIBLING, VICTIM]) {
      const one = await start(name, WAITING, DEFAULT_LIMITS)
      started.push(one)
      await within(one.channel.next(), ATTACK_DEADLINE_MS, null)
    }
    const own = layout.sandbox(ATTACKER)
    const victim = layout.sandbox(VICTIM)
    const places: Places = {
      own: { release: own.release('r1'), conf: own.conf, run: own.run },
      others: [
        victim.release('r1'),
        victim.conf,
        victim.run,
        layout.sandbox(SIBLING).conf,
        layout.redis('probe-b').data,
      ],
      yard: [layout.settings, layout.keys, layout.state, layout.hostKey, layout.processes, layout.outputs],
      control: layout.control,
      othersRedis: layout.redis(VICTIM.developer).socket,
      othersLog: layout.logSocket(VICTIM.developer),
      ownRedis: layout.redis(ATTACKER.developer).socket,
      ...{ port, abstract, marker: `60.${process.pid}` },
      pids: started.map(({ pid }) => pid),
    }
    return {
      ...{ isolation, limiter, netFilter, close },
      async run({ script, limits, leaves }) {
        const all = { ...DEFAULT_LIMITS, ...limits }
        const attacker = await start(ATTACKER, wrap(script, places), all)
        const group = `probe.${attacker.pid}`
        await limiter.enter(group, attacker.pid, all).catch(() => {})
        attacker.channel.send({})
        const line = await within(
          attacker.channel.next().catch(() => null),
          ATTACK_DEADLINE_MS,
          null,
        )
        await end(attacker)
        limiter.leave(group)
        const left = leaves === undefined ? 0 : await endMarked(places.marker)
        return { answer: line === null ? undefined : JSON.parse(line), left }
      },
    }
  } catch (error) {
    await close()
    throw error
  }
}

/** It waits for a word, so that its limits are there before it begins. */
function wrap(script: string, places: Places): string {
  return `const fs = require('node:fs'); const net = require('node:net'); const { spawn, spawnSync } = require('node:child_process')
    const places = ${JSON.stringify(places)}
    const attempt = (what) => { try { return what() ?? 'ok' } catch (error) { return error.code ?? error.message } }
    const look = (path) => attempt(() => {
      try { fs.readdirSync(path) } catch (error) { if (error.code !== 'ENOTDIR') throw error; fs.readFileSync(path) }
      return 'seen' })
    const connect = (where) => new Promise((resolve) => { const socket = net.connect(where)
      socket.setTimeout(1000, () => { socket.destroy(); resolve('silence') })
      socket.on('connect', () => { socket.destroy(); resolve('ok') }).on('error', (error) => resolve(error.code)) })
    fs.readSync(3, Buffer.alloc(1))
    ;(async () => (${script}))().then((answer) => fs.writeSync(3, JSON.stringify(answer ?? null) + '\\n'))
    setTimeout(() => process.exit(), ${ATTACK_DEADLINE_MS})`
}

function signalGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // Nobody is left of it.
  }
}

async function endMarked(marker: string): Promise<number> {
  let found = 0
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number)) {
    const line = await readFile(`/proc/${pid}/cmdline`, 'latin1').catch(() => '')
    const identity = line.split('\0').includes(marker) ? identifyProcess(pid) : null
    if (identity !== null && signalProcess(identity, 'SIGKILL')) found++
  }
  return found
}

async function furnish(layout: YardLayout, name: SandboxName, uid: number | null): Promise<void> {
  await ensureSandboxFolders(layout, name, uid)
  await ensureRedisRun(layout, name.developer, uid === null ? null : developerGid(uid))
  const { conf, release } = layout.sandbox(name)
  await mkdir(release('r1'), { recursive: true })
  await writeFile(join(release('r1'), 'main.js'), name.developer)
  await writeFile(conf, name.developer)
  await mkdir(layout.redis(name.developer).data, { recursive: true, mode: 0o700 })
}
