// A temporary yard whose edge-server is ten lines that speak on fd 3, and do what a release tells them.

import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { EDGE_SERVER_PROGRAM } from '../../../servers/contract/edge-server.ts'
import type { SandboxName } from '../../../servers/contract/names.ts'
import { builtPath, releaseName } from '../../../servers/contract/release.ts'
import { createLimiter } from '../../exec/limiter.ts'
import { NO_NET_FILTER } from '../../exec/net-filter.ts'
import { probeIsolation } from '../../exec/probe-isolation.ts'
import { yardLayout } from '../../sandbox/layout.ts'
import { planPorts } from '../../sandbox/ports.ts'
import { QUOTAS_DEFAULT } from '../../sandbox/quotas.ts'
import { readSandboxConf } from '../../sandbox/sandbox-conf.ts'
import { NO_LIMITS_SAID } from '../../settings/limits.ts'
import { DEFAULT_LOGS } from '../../settings/settings.ts'
import { ensureYardFolders } from '../folders.ts'
import type { Target } from '../launch-sandbox.ts'
import { createProcesses, type Processes } from '../processes.ts'
import { createRecordSender } from '../record-sender.ts'
import { createRenderer } from '../render-once.ts'
import { Sandbox } from '../sandbox.ts'
import { readMemory } from '../sandbox-files.ts'
import { createYardLog, type YardContext } from '../yard-context.ts'
import { createFakeClock, type FakeClock } from './fake-clock.ts'

/** `src/main.ts` of a release is run as plain JavaScript before it says ready; `takePort` and `afterListen` are functions it may set. */
const EDGE_SERVER = `
const { readFileSync, readSync } = require('node:fs')
const { Socket } = require('node:net')
const arg = (name) => process.argv[process.argv.indexOf(name) + 1]
let release = arg('--release')
if (process.argv.includes('--wait')) {
  const told = Buffer.alloc(4096)
  const length = readSync(3, told)
  if (length === 0) process.exit(0)
  release = JSON.parse(told.toString('utf8', 0, length)).release
}
const channel = new Socket({ fd: 3 })
const say = (message) => channel.write(JSON.stringify(message) + '\\n')
let afterListen = () => {}
let takePort = (done) => done()
const port = Number(/listen .*:(\\d+);/.exec(readFileSync(arg('-c'), 'utf8'))[1])
let listening = false
for (const signal of ['SIGQUIT', 'SIGTERM']) process.on(signal, () => process.exit(0))
channel.on('end', () => listening || process.exit(0))
channel.on('data', () => { listening = true; takePort(() => { say({ type: 'listening', port }); afterListen() }) })
setInterval(() => {}, 1000)
let ready = true
eval(readFileSync(release + '/src/main.ts', 'utf8'))
if (ready) say({ type: 'ready' })
`

export interface FakeYard {
  readonly context: YardContext
  /** Writes a release and returns what moves a sandbox to it. `n` makes its commit. */
  target(name: SandboxName, n: number, script: string, engine?: 'node'): Promise<Target>
  sandbox(name: SandboxName, uid?: number): Promise<Sandbox>
  /** Moves time, for retries and for what must have stood. */
  readonly clock: FakeClock
  /** What the next daemon does: watches anew what still runs. */
  nextDaemon(): Promise<FakeYard>
  remove(): Promise<void>
}

export async function createFakeYard(): Promise<FakeYard> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'edgeyard-fake-')))
  const projectRoot = join(folder, 'project')
  await write(join(projectRoot, EDGE_SERVER_PROGRAM), EDGE_SERVER)
  const layout = yardLayout(join(folder, 'yard'))
  await ensureYardFolders(layout)
  const asRoot = process.getuid?.() === 0
  const isolation = await probeIsolation({ asRoot })
  const limiter = createLimiter(layout.root, { asRoot })
  const clock = createFakeClock()
  return openYard()

  async function openYard(): Promise<FakeYard> {
    const records = createRecordSender(layout)
    const processes: Processes = createProcesses(layout, records, clock, limiter)
    const context: YardContext = {
      ...{ layout, projectRoot, isolation, limiter, netFilter: NO_NET_FILTER, processes, asRoot },
      ...{
        render: createRenderer(),
        log: createYardLog(records),
        clock,
        ports: null,
        version: '0',
        pushesUnderWay: () => false,
      },
      settings: {
        ...{
          host: '127.0.0.1',
          portsFrom: undefined,
          sshPort: 0,
          viewerPort: 0,
          ports: planPorts().ranges,
          tls: null,
          mysql: null,
          developersInitial: [],
          limits: NO_LIMITS_SAID,
          quotas: QUOTAS_DEFAULT,
          logs: DEFAULT_LOGS,
        },
      },
    }
    const adopted = await processes.adopt()
    const port = await freePort()
    return {
      context,
      clock,
      async target(name, n, script, engine: 'uws' | 'node' = 'uws') {
        const commit = `${n}`.padStart(40, '0').split('').reverse().join('')
        const release = layout.sandbox(name).release(releaseName(commit))
        for (const file of ['src/main.ts', builtPath('src/main.ts')]) await write(join(release, file), script)
        const text = `events {}\nedge { engine ${engine}; server { listen 127.0.0.1:${port}; location / { script src/main.ts; } } }\n`
        return { commit, conf: readSandboxConf(name, text) }
      },
      async sandbox(name, uid) {
        return new Sandbox(context, {
          name,
          uid: isolation.kind === 'bubblewrap' && isolation.setsUid ? (uid ?? 20_001) : null,
          memory: await readMemory(layout, name, () => {}),
          adopted: adopted.filter(({ run }) => run.key === `${name.server}/${name.developer}`),
          onFall: () => {},
        })
      },
      async nextDaemon() {
        await processes.close()
        return await openYard()
      },
      async remove() {
        await processes.close()
        await records.close(0)
        await rm(folder, { recursive: true, force: true })
      },
    }
  }
}

async function write(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, text)
}

async function freePort(): Promise<number> {
  const server = createServer()
  const port = await new Promise<number>((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port))
  })
  await new Promise((resolve) => server.close(resolve))
  return port
}
