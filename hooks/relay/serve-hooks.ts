// The hooks of a yard in one process that is there already: of each push only the push's own work is left to be waited for.
// Several pushes at a time share nothing but the code and esbuild's process.
import { rm } from 'node:fs/promises'
import { createServer, type Socket } from 'node:net'
import { inodeOf, listenPrivately } from '../../devenv/control/listen-privately.ts'
import { endBuilding } from '../build/ensure-release.ts'
import { HOOK_NAMES, loadHook } from '../push/hook.ts'
import { runHook } from '../push/run-hook.ts'
import { exitFrame, frame, readCall } from './relayed-call.ts'

/** Pushes of one person come in a row; esbuild's process, and what it holds, is there for the next one for so long. */
const BUILDING_ENDS_MS = 20_000
/** A connection says what it wants at once. */
const CALL_DEADLINE_MS = 5_000
/** What a hook says that nobody reads. Beyond it nothing more is kept for them; the hook goes on. */
const UNREAD_BYTES_MAX = 4 * 1024 * 1024

export interface HookServer {
  /** Takes no more hooks; resolves when those under way have ended. */
  close(): Promise<void>
  /** Hooks taken since the beginning. */
  readonly taken: number
  /** Hooks under way. */
  readonly working: number
}

export async function serveHooks({ socket, root }: { socket: string; root: string }): Promise<HookServer> {
  const working = new Set<Promise<void>>()
  let taken = 0
  let building: NodeJS.Timeout | undefined
  // All of their code, before anybody waits for it.
  await Promise.all(HOOK_NAMES.map(loadHook))
  await Promise.all([import('../push/receive-scripts.ts'), import('../build/build-scripts.ts')])

  const serve = async (client: Socket) => {
    // A client that has gone is nobody's fault; what was begun is finished.
    client.on('error', () => {})
    client.setTimeout(CALL_DEADLINE_MS, () => client.destroy())
    const call = await readCall(client).catch(() => null)
    if (call === null) return void client.destroy()
    client.setTimeout(0)
    taken++
    const send = (data: Buffer) => {
      if (client.writable && client.writableLength < UNREAD_BYTES_MAX) client.write(data)
    }
    send(frame('t'))
    const exitCode = await runHook({
      name: call.name,
      env: { ...call.env, EDGEYARD_ROOT: root },
      cwd: call.cwd,
      input: call.input,
      output: (data) => send(frame('o', data)),
      tell: (text) => send(frame('e', text)),
    })
    if (client.writable) client.end(exitFrame(exitCode))
  }
  const server = createServer({ allowHalfOpen: true }, (client) => {
    clearTimeout(building)
    const work = serve(client).finally(() => {
      working.delete(work)
      if (working.size === 0) building = setTimeout(() => void endBuilding(), BUILDING_ENDS_MS).unref()
    })
    working.add(work)
  })
  const inode = await listenPrivately(server, socket)
  return {
    get taken() {
      return taken
    },
    get working() {
      return working.size
    },
    async close() {
      server.close()
      // Whoever comes from here on does without us at once.
      if (inodeOf(socket) === inode) await rm(socket, { force: true })
      await Promise.all(working)
      clearTimeout(building)
      await endBuilding()
    },
  }
}
