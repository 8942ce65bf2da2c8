// One starter as a real edge-server process, without a yard around it: built as a push would build it, on a free port.
import { cp } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import type { ServerName } from '../../servers/contract/names.ts'
import { builtPath } from '../../servers/contract/release.ts'
import { startEdgeServer } from '../../servers/testing/edge-server.ts'
import type { Lines } from '../../servers/testing/lines.ts'
import { createSandboxFolder } from '../../servers/testing/sandbox-folder.ts'

const starters = fileURLToPath(new URL('../../../servers', import.meta.url))

export interface StarterServer {
  readonly port: number
  /** Its records. */
  readonly log: Lines
  stop(): Promise<void>
}

export interface StarterOptions {
  readonly server: ServerName
  /** What stands in `edge { }` beside the server: its stores. */
  readonly edge: string
  /** What stands in `server { }`: its locations. */
  readonly locations: string
}

export async function startStarter({ server, edge, locations }: StarterOptions): Promise<StarterServer> {
  const folder = await createSandboxFolder({ edge, server: locations })
  try {
    await cp(join(starters, server, 'starter'), folder.prefix, { recursive: true })
    await build({
      entryPoints: [join(folder.prefix, 'src/main.ts')],
      outfile: join(folder.prefix, builtPath('src/main.ts')),
      bundle: true,
      format: 'cjs',
      platform: 'node',
      target: 'node20',
      sourcemap: 'linked',
      logLevel: 'silent',
    })
    const running = await startEdgeServer(folder.prefix)
    return {
      port: running.port,
      log: running.log,
      async stop() {
        running.signal('SIGTERM')
        await running.ended
        await folder.remove()
      },
    }
  } catch (error) {
    await folder.remove()
    throw error
  }
}
