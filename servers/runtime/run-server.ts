// The life of an edge-server: boot → ready → (the word to listen) → listening → until a signal ends it.
import { resolve } from 'node:path'
import type { StartFailure, ToServer } from '../contract/channel.ts'
import type { ListenConf } from '../contract/conf/conf.ts'
import { describeEngine } from '../transport/describe-engine.ts'
import { type Channel, openChannel } from './channel.ts'
import type { Place } from './command-line.ts'
import { takeDebuggers } from './debug/open-debugger.ts'
import { startGeneration } from './generation.ts'
import { writePidFile } from './pid-file.ts'
import { type ConfAlone, readConf } from './read-conf.ts'
import { createServer, type Server } from './server.ts'
import { handleSignals } from './signals.ts'
import { createStackMapper, type StackMapper } from './stack-mapper.ts'
import { renderStartFailure, toStartFailure } from './start-failure.ts'
import { stopServer } from './stop-server.ts'
import { noteIdle, watchUse } from './watch-use.ts'
import { readWorkerIdentity } from './workers/worker-identity.ts'

export interface RunOptions {
  readonly place: Place
  /** Wait on fd 3 for the word to listen. */
  readonly channel: boolean
  readonly env: NodeJS.ProcessEnv
  /** The conf, when somebody has just read it. */
  readonly read?: ConfAlone | undefined
}

/** Without a supervisor a server tells itself to listen. */
const ALONE: ToServer = { type: 'listen' }

/** Resolves with the exit code when the server has ended, or could not begin. */
export async function runServer({ place, channel: withChannel, env, read }: RunOptions): Promise<number> {
  const channel = withChannel ? openChannel() : undefined
  const stacks = createStackMapper()
  const boot = await bootServer(place, env, stacks, read)
  if ('phase' in boot) return fail(boot, channel)
  const server = boot
  const signals = handleSignals(server)
  server.askReplacement = () => void channel?.say({ type: 'replace', why: 'memory' })
  server.tellLetGo = () => void channel?.say({ type: 'let-go' })

  const started = await Promise.race([attempt('start', stacks, () => startGeneration(server.live)), signals.ended])
  if (started === 'ended') return 0
  if (started !== undefined) return fail(started, channel, server)

  await channel?.say({ type: 'ready' })
  const told = await Promise.race([channel?.told ?? ALONE, signals.ended])
  if (told === 'gone') {
    await stopServer(server, 'fast', signals.hurry)
    return 0
  }
  if (told === 'ended') return 0

  const { pid = process.pid } = told
  server.logger.knownAs(pid)
  server.services.accessLogs.knownAs(pid)
  takeDebuggers({
    prefix: place.prefix,
    release: () => server.live.release,
    logger: server.logger,
    onAttached: (debuggers) => server.watchdog.rest(debuggers > 0),
  })
  const refused = await attempt('listen', stacks, () => listen(server, { ...told, pid }, channel))
  if (refused !== undefined) return fail(refused, channel, server)
  const isWorker = server.services.worker.count > 1
  // A worker without its master would serve for ever: nobody could end it.
  const end = await Promise.race([signals.ended, ...(isWorker && channel !== undefined ? [channel.gone] : [])])
  if (end !== 'ended') await stopServer(server, 'graceful', signals.hurry)
  return 0
}

/** With the number that it is known by. */
type Told = ToServer & { readonly pid: number }

async function bootServer(
  place: Place,
  env: NodeJS.ProcessEnv,
  stacks: StackMapper,
  alone: ConfAlone | undefined,
): Promise<Server | StartFailure> {
  let phase: StartFailure['phase'] = 'conf'
  try {
    const read = readConf(place, alone)
    phase = 'script'
    const server = createServer({
      place,
      read,
      stacks,
      releaseName: env.EDGEYARD_RELEASE,
      worker: readWorkerIdentity(env),
    })
    phase = 'listen'
    await server.listeners.prepare(server.live)
    return server
  } catch (thrown) {
    return toStartFailure(thrown, phase, stacks)
  }
}

async function listen(server: Server, { pid, port: zeroPort }: Told, channel: Channel | undefined): Promise<void> {
  const { listeners, live, logger, place, services } = server
  // Who has a supervisor takes over from the release before.
  const port = await listeners.listen({ zeroPort, takeOver: channel !== undefined })
  // Of several workers the master is who serves.
  if (services.worker.count === 1) server.removePidFile = writePidFile(resolve(place.prefix, live.conf.pid), pid)
  server.watchdog.limit(live.conf)
  for (const script of live.scripts.values()) script.beginTimers()
  // A push waits for this word.
  await channel?.say({ type: 'listening', port })
  const where = [...live.addresses.values()].map(({ at }) => shownAddress(at, port)).join(', ')
  logger.write({ severity: 'notice', message: `listening on ${where}` })
  tellFaults(server)
  channel?.rest()
  watchUse(server, {
    onIdle(again) {
      // Of several workers none knows of the others: the master says it when all are.
      if (services.worker.count === 1 && !again) noteIdle(logger, server.begun)
      void channel?.say({ type: 'idle' })
    },
    onUsed: () => void channel?.say({ type: 'used' }),
  })
}

/** Which faults of the engine's build clients can run into, and the way out. */
function tellFaults({ logger, live }: Server): void {
  const { name, build, knownBad, wayOut } = describeEngine(live.conf.engine)
  if (knownBad.length === 0) return
  const message = `the engine ${name} (${build}) is known to do this: ${knownBad.join('; ')}. ${wayOut}`
  logger.write({ severity: 'notice', message })
}

function shownAddress(at: ListenConf['address'], port: number): string {
  return 'path' in at ? `unix:${at.path}` : `${at.host}:${at.port || port}`
}

async function attempt(
  phase: StartFailure['phase'],
  stacks: StackMapper,
  work: () => Promise<void>,
): Promise<StartFailure | undefined> {
  try {
    await work()
    return undefined
  } catch (thrown) {
    return toStartFailure(thrown, phase, stacks)
  }
}

async function fail(failure: StartFailure, channel: Channel | undefined, server?: Server): Promise<number> {
  process.stderr.write(renderStartFailure(failure))
  await channel?.say({ type: 'failed', failure })
  await server?.logger.close(1000)
  return 1
}
