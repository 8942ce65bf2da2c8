// One starter as a real edge-server process, without a yard around it: built as a push would build it, on a free port.
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { parseFromServer } from '../../servers/contract/channel.ts'
import type { ServerName } from '../../servers/contract/names.ts'
import { builtPath } from '../../servers/contract/release.ts'
import { startProcess } from '../exec/start-process.ts'

const projectRoot = fileURLToPath(new URL('../../..', import.meta.url))

export interface StarterServer {
  readonly port: number
  /** Everything it has logged so far. */
  log(): Promise<string>
  stop(): Promise<void>
}

export interface StarterOptions {
  readonly server: ServerName
  /** Does not exist yet. */
  readonly folder: string
  /** What stands in `edge { }` before the server: stores and limits. */
  readonly edge: string
  /** What stands in `server { }` behind listen. */
  readonly locations: string
}

export async function startStarter({ server, folder, edge, locations }: StarterOptions): Promise<StarterServer> {
  await mkdir(join(folder, 'run'), { recursive: true })
  await cp(join(projectRoot, 'servers', server, 'starter'), folder, { recursive: true })
  await build({
    entryPoints: [join(folder, 'src/main.ts')],
    outfile: join(folder, builtPath('src/main.ts')),
    bundle: true,
    format: 'cjs',
    platform: 'node',
    target: 'node20',
    sourcemap: 'linked',
    logLevel: 'silent',
  })
  const conf = `error_log stderr info;
worker_shutdown_timeout 2s;
events { worker_connections 200; }
edge {
  ${edge}
  server {
    listen 127.0.0.1:0;
    ${locations}
  }
}
`
  await writeFile(join(folder, 'server.conf'), conf)
  const main = join(projectRoot, 'dist/servers/runtime/main.js')
  const outputFile = join(folder, 'stderr.log')
  const log = () => readFile(outputFile, 'utf8')
  const { pid, channel, exited } = await startProcess(
    { file: process.execPath, args: [main, '-p', folder, '-c', 'server.conf', '--release', folder, '--channel'] },
    { outputFile },
  )
  const hear = async () => {
    const line = await channel.next()
    if (line === null) throw new Error(`The ${server} has ended: ${await log()}`)
    const message = parseFromServer(line)
    if (message.type === 'failed') throw new Error(`The ${server} failed: ${message.failure.message}`)
    return message
  }
  await hear()
  channel.send({ type: 'listen' })
  const listening = await hear()
  if (listening.type !== 'listening') throw new Error(`The ${server} said "${listening.type}" instead of its port`)
  return {
    port: listening.port,
    log,
    async stop() {
      process.kill(pid, 'SIGTERM')
      await exited
    },
  }
}
