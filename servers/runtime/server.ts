// A server that was booted: everything that listening, reloading and stopping work on.

import type { Conf } from '../contract/conf/conf.ts'
import type { Logger } from '../log/logger.ts'
import { createAbortRegistry } from './abort-registry.ts'
import { createAccessLogs } from './access-log/access-logs.ts'
import type { Place } from './command-line.ts'
import type { ContextServices } from './context.ts'
import { createLocks } from './dict/locks.ts'
import { createFaults } from './faults.ts'
import { createGeneration, type Generation } from './generation.ts'
import { createJobs } from './jobs.ts'
import { createListeners, type Listeners } from './listeners.ts'
import { asMessage } from './message-data.ts'
import type { ReadConf } from './read-conf.ts'
import { createOutgoing } from './script/outgoing.ts'
import { callInside } from './script/subrequest.ts'
import type { StackMapper } from './stack-mapper.ts'
import type { Watchdog } from './watchdog/watchdog.ts'
import { joinHub } from './workers/publish-hub.ts'
import type { WorkerIdentity } from './workers/worker-identity.ts'
import { REAL_WORLD, type World } from './world.ts'

export interface Server {
  readonly place: Place
  readonly logger: Logger
  readonly services: ContextServices
  readonly listeners: Listeners
  readonly watchdog: Watchdog
  /** What the process began with, whatever was reloaded since. */
  readonly begun: Conf
  /** What answers. Replaced by a reload. */
  live: Generation
  /** It drains: nothing new is begun. */
  exiting: boolean
  /** Nothing until it listens. */
  removePidFile: () => void
  /** Of whoever started it. */
  askReplacement: () => void
  tellLetGo: () => void
  /** Loads what a conf names, for this server. Throws what a script throws. */
  load(read: ReadConf): Generation
}

export interface ServerOptions {
  readonly place: Place
  readonly read: ReadConf
  readonly stacks: StackMapper
  /** The release's name, for records. */
  readonly releaseName: string | undefined
  readonly worker: WorkerIdentity
  /** For tests. */
  readonly world?: World
}

/** Loads the scripts, and starts nothing. Throws what a script's top level throws, or SCRIPT_INVALID. */
export function createServer(options: ServerOptions): Server {
  const { place, read, stacks, releaseName, worker, world = REAL_WORLD } = options
  const logger = world.createLogger({
    errorLogs: read.conf.errorLogs,
    prefix: place.prefix,
    ...(releaseName === undefined ? {} : { release: releaseName }),
  })
  const faults = createFaults(logger, stacks)
  // Before a script runs.
  world.keepAlive((thrown, note) =>
    faults.report(thrown, { phase: 'uncaught', ...(note === undefined ? {} : { note }) }),
  )
  const deadlines = world.createDeadlines()
  const watchdog = world.createWatchdog({
    logger,
    faults,
    stacks,
    deadlines,
    onMemory(bytes) {
      const mib = Math.round(bytes / 2 ** 20)
      const limit = Math.round(server.live.conf.memoryLimit.softBytes / 2 ** 20)
      const message = `the process has ${mib} MiB of memory (memory_limit ${limit}m) and asks to be replaced`
      logger.write({ severity: 'warn', message })
      server.askReplacement()
    },
  })
  const listeners = createListeners({
    createTransport: world.createTransport,
    live: () => server.live,
    onOpened: (socket) => {
      // A client that was shaking hands when the draining began is sent on to the next server.
      if (server.exiting) socket.close(1012, 'The server restarts, connect again')
    },
    onFault: (error) => faults.report(error, { phase: 'runtime' }),
  })
  // What others publish, too, before a socket can be open.
  const hub = worker.count === 1 ? undefined : joinHub((topic, data) => listeners.publish(topic, data))
  const zones = world.createZoneStore(worker)
  const services: ContextServices = {
    zones,
    locks: createLocks(zones),
    accessLogs: createAccessLogs({
      ...{ prefix: place.prefix, releaseName, createLogger: world.createLogger },
      tell: (message) => logger.write({ severity: 'error', message }),
    }),
    logger,
    stacks,
    faults,
    aborts: createAbortRegistry(),
    jobs: createJobs(),
    deadlines,
    worker,
    outgoing: createOutgoing(),
    call: callInside,
    publish(topic, data) {
      if (typeof topic !== 'string') throw new TypeError('ctx.publish takes a text as topic')
      const message = asMessage(data, 'ctx.publish')
      listeners.publish(topic, message)
      hub?.publish(topic, message)
    },
    socketsOf: (script) => listeners.socketsOf(script),
  }
  const load = ({ conf, release }: ReadConf) =>
    createGeneration({
      conf,
      prefix: place.prefix,
      release,
      services,
      world,
      exiting: () => server.exiting,
      load: watchdog.load,
    })
  const server: Server = {
    place,
    logger,
    services,
    listeners,
    watchdog,
    load,
    begun: read.conf,
    live: load(read),
    exiting: false,
    removePidFile: () => {},
    askReplacement: () => {},
    tellLetGo: () => {},
  }
  return server
}
