// `worker_processes` above 1: the process that was started serves nobody. It starts the workers, replaces those that die, renews all of
// them on reload, carries what they publish to each other, and is to its supervisor what one server would be.
import { resolve } from 'node:path'
import type { StartFailure } from '../../contract/channel.ts'
import type { Conf } from '../../contract/conf/conf.ts'
import { DEBUG_SIGNAL } from '../../contract/debug.ts'
import { createLogger } from '../../log/create-logger.ts'
import { openChannel } from '../channel.ts'
import type { Place } from '../command-line.ts'
import { createMemoryZones } from '../dict/memory-zones.ts'
import { ZoneServer } from '../dict/serve-zones.ts'
import { writePidFile } from '../pid-file.ts'
import { readConf } from '../read-conf.ts'
import { restartNeeded } from '../restart-needed.ts'
import { createStackMapper } from '../stack-mapper.ts'
import { renderStartFailure, toStartFailure } from '../start-failure.ts'
import { renderFailure } from '../test-conf.ts'
import { noteIdle } from '../watch-use.ts'
import { PublishRelay } from './publish-hub.ts'
import { WorkerSet } from './worker-set.ts'

export interface MasterOptions {
  readonly place: Place
  readonly channel: boolean
  readonly env: NodeJS.ProcessEnv
}

const LOG_FLUSH_MS = 1000
/** A fast stop, and a little more. */
const FAST_END_MS = 3000
/** What is said of dropped messages, at most once in so long. */
const DROPPED_EVERY_MS = 1000

/** Resolves with the exit code when the last worker has ended, or the first could not begin. */
export async function runMaster({ place, channel: withChannel, env }: MasterOptions): Promise<number> {
  const channel = withChannel ? openChannel() : undefined
  let conf: Conf
  try {
    conf = readConf(place).conf
  } catch (thrown) {
    const failure = toStartFailure(thrown, 'conf', createStackMapper())
    process.stderr.write(renderStartFailure(failure))
    await channel?.say({ type: 'failed', failure })
    return 1
  }
  const begun = conf
  const logger = createLogger({
    errorLogs: conf.errorLogs,
    prefix: place.prefix,
    ...(env.EDGEYARD_RELEASE === undefined ? {} : { release: env.EDGEYARD_RELEASE }),
  })
  const relay = new PublishRelay(countDrops((dropped) => logger.write({ severity: 'warn', message: dropped })))
  const zones = new ZoneServer(createMemoryZones())
  let pid: number | undefined
  const createSet = ({ workerProcesses, idleStopMs }: Conf) =>
    new WorkerSet({
      ...{ count: workerProcesses, zones, logger, relay },
      pid: () => pid,
      onIdle(again) {
        if (!again) noteIdle(logger, { idleStopMs })
        void channel?.say({ type: 'idle' })
      },
    })

  let live = createSet(conf)
  let ending: Promise<void> | undefined
  let finish = () => {}
  const ended = new Promise<'ended'>((resolveEnded) => {
    finish = () => resolveEnded('ended')
  })
  const end = (signal: 'SIGQUIT' | 'SIGTERM') => {
    // A second, faster word reaches those that still finish.
    if (ending !== undefined) return live.signal(signal)
    ending = live.end(signal, signal === 'SIGQUIT' ? conf.workerShutdownTimeoutMs : FAST_END_MS).then(finish)
  }
  let reloading = Promise.resolve()
  process.on('SIGQUIT', () => end('SIGQUIT'))
  process.on('SIGTERM', () => end('SIGTERM'))
  process.on('SIGINT', () => end('SIGTERM'))
  process.on('SIGUSR1', () => live.signal('SIGUSR1'))
  // One socket, one server to look into: the first.
  process.on(DEBUG_SIGNAL, () => live.signal(DEBUG_SIGNAL, 0))
  process.on('SIGHUP', () => {
    reloading = reloading.then(reload)
  })

  async function reload(): Promise<void> {
    if (ending !== undefined || pid === undefined) return
    let next: Conf
    try {
      next = readConf(place).conf
    } catch (thrown) {
      logger.write({ severity: 'error', message: `reload failed, nothing has changed: ${renderFailure(thrown)}` })
      return
    }
    const set = createSet(next)
    const failure = (await set.boot()) ?? asFailure(await set.listen())
    if (failure !== undefined) {
      logger.write({
        severity: 'error',
        message: `reload failed, nothing has changed: ${failure.message}`,
        ...(failure.stack === undefined ? {} : { stack: failure.stack }),
      })
      return
    }
    if (ending !== undefined) return set.end('SIGTERM', FAST_END_MS)
    const old = live
    live = set
    conf = next
    // The workers are new; what belongs to the master stays.
    const later = restartNeeded(begun, next).filter((directive) => ['pid', 'error_log'].includes(directive))
    const needs = later.length === 0 ? '' : `, but the master needs a restart for: ${later.join(', ')}`
    logger.write({ severity: 'notice', message: `reloaded${needs}` })
    void old.end('SIGQUIT', next.workerShutdownTimeoutMs)
  }

  const conclude = async (failure?: StartFailure) => {
    if (failure !== undefined) await channel?.say({ type: 'failed', failure })
    await logger.close(LOG_FLUSH_MS)
    return failure === undefined ? 0 : 1
  }

  const booted = await Promise.race([live.boot(), ended])
  if (booted === 'ended') return conclude()
  if (booted !== undefined) return conclude(booted)
  await channel?.say({ type: 'ready' })
  const told = await Promise.race([channel?.told ?? { type: 'listen' as const, pid: process.pid }, ended])
  if (told === 'gone') end('SIGTERM')
  if (told === 'gone' || told === 'ended') {
    await ended
    return conclude()
  }
  pid = told.pid ?? process.pid
  logger.knownAs(pid)
  const port = await live.listen()
  if (typeof port !== 'number') return conclude(port)
  const removePidFile = writePidFile(resolve(place.prefix, conf.pid), pid)
  await channel?.say({ type: 'listening', port })
  channel?.rest()
  await ended
  removePidFile()
  return conclude()
}

function asFailure(listening: number | StartFailure): StartFailure | undefined {
  return typeof listening === 'number' ? undefined : listening
}

function countDrops(tell: (dropped: string) => void): () => void {
  let dropped = 0
  return () => {
    if (dropped++ > 0) return
    setTimeout(() => {
      tell(`${dropped} published messages did not reach a worker that is too busy`)
      dropped = 0
    }, DROPPED_EVERY_MS).unref()
  }
}
