// One starter as a real edge-server process, without a yard around it: built as a push would build it, on a free port.
import { cp } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildScripts } from '../../hooks/build/build-scripts.ts'
import type { ServerName } from '../../servers/contract/names.ts'
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
    const { files } = await buildScripts(folder.prefix, ['src/main.ts'])
    for (const { path, contents } of files) await folder.write(path, contents)
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
