// `edgeyard up`: one process that brings a yard up, keeps it as it should be, and takes it down again, in order.
import { realpath, rm } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { EdgeyardError } from '../../servers/contract/errors.ts'
import { isServerName } from '../../servers/contract/names.ts'
import { OPERATOR } from '../control/by.ts'
import type { YardStatus } from '../control/protocol.ts'
import { serveControl } from '../control/serve.ts'

import { tellUntold } from '../control/untold-acts.ts'
import { checkRename } from '../developers/rename-developer.ts'
import { writeRename } from '../developers/rename-journal.ts'

import { createLimiter } from '../exec/limiter.ts'

import { createNetFilter } from '../exec/net-filter.ts'
import { probeIsolation } from '../exec/probe-isolation.ts'
import { ROOT_BYTES_MAX, yardLayout } from '../sandbox/layout.ts'
import { quotasOf } from '../sandbox/quotas.ts'
import type { YardSettings } from '../settings/settings.ts'
import { serveSsh } from '../ssh/serve-ssh.ts'
import { createAudit } from './audit.ts'
import { systemClock } from './clock.ts'
import { createComingUp } from './coming-up.ts'
import { controlHandlers, prepareAll } from './control-handlers.ts'
import { ensureYardFolders } from './folders.ts'
import { giveMemoryBack } from './give-memory-back.ts'
import { holdRoot } from './hold-root.ts'
import { keepHookProcess } from './hook-process.ts'
import { keepListening } from './keep-listening.ts'
import { createLock } from './lock.ts'
import { createMaintenance, type Maintenance } from './maintenance.ts'
import { createPortKeeper } from './port-keeper/port-keeper.ts'
import { createProcesses } from './processes.ts'
import { createPushTurns } from './push-turns.ts'
import { createRecordSender } from './record-sender.ts'
import { createRenderer } from './render-once.ts'
import { createRetention } from './retention.ts'
import { createSafetyNet } from './safety-net.ts'
import { haveFallenBehind } from './sections.ts'
import { setUpYard, syncYard } from './set-up.ts'
import { describeIsolation, ensureMigration } from './system.ts'
import { tellBrokenBranches } from './tell-broken-branches.ts'
import { createTls } from './tls.ts'
import { readVersion } from './version.ts'
import { Yard } from './yard.ts'
import { createYardLog, type YardContext } from './yard-context.ts'

/** What the daemon has to say last, to a collector that may be away. */
const RECORDS_CLOSE_DEADLINE_MS = 1_000

type End = (progress: (line: string) => void) => Promise<void>

export interface DaemonOptions {
  /** An absolute path. */
  readonly root: string
  readonly settings: YardSettings
  /** Where package.json, dist and node_modules lie. */
  readonly projectRoot: string
  onProgress(line: string): void
}

export interface Daemon {
  status(): Promise<YardStatus>
  /** Stops everything, in order. Resolves when it has stopped; the second call waits for the first. */
  stop(): Promise<void>
  /** Resolves when the yard has been stopped, by `stop` or by the control socket, or has been left running for the next daemon. */
  readonly stopped: Promise<'stopped' | 'handed over'>
}

/**
 * Resolves when everything is ready. Throws YARD_RUNNING when a daemon has this root, PORT_TAKEN, SERVICE_FAILED, and what
 * else keeps the yard from coming up; what was started for it is stopped again, what was adopted runs on.
 */
export async function runDaemon({ root, settings, projectRoot, ...options }: DaemonOptions): Promise<Daemon> {
  const layout = yardLayout(await realpath(root).catch(() => root))
  if (Buffer.byteLength(layout.root) > ROOT_BYTES_MAX) {
    throw new EdgeyardError(
      'ROOT_UNUSABLE',
      `Cannot use ${layout.root}: at most ${ROOT_BYTES_MAX} bytes fit a socket's path`,
    )
  }
  const comingUp = createComingUp()
  const onProgress = (line: string) => {
    options.onProgress(line)
    comingUp.tell(line)
  }
  let current: { context: YardContext; yard: Yard } | null = null
  let maintenance: Maintenance | null = null
  let adoptedSome = false
  let phase: 'starting' | 'seeding' | 'up' | 'stopping' = 'starting'
  const ends: End[] = []
  /** The same for a daemon that goes and leaves everything to the next. */
  const leaves: End[] = []
  const need = () => {
    if (current !== null) return current
    throw new EdgeyardError('YARD_NOT_RUNNING', 'The yard is just starting: try again in a moment')
  }
  /** The start has come to its end, whatever that is: until then it adds to what must be ended. */
  let resolveHalted: () => void = () => {}
  const halted = new Promise<void>((resolve) => {
    resolveHalted = resolve
  })
  const isStopping = () => phase === 'stopping'
  const goOn = () => {
    if (isStopping()) throw stoppedEarly()
  }
  let stopping: Promise<void> | undefined
  const stopWork = (progress: (line: string) => void) => {
    if (phase !== 'up') void current?.yard.halt()
    phase = 'stopping'
    stopping ??= halted.then(async () => {
      for (const end of ends.splice(0).reverse()) await end(progress)
    })
    return stopping
  }
  const handOver = (progress: (line: string) => void) => {
    if (phase !== 'up')
      throw new EdgeyardError('YARD_NOT_RUNNING', `Cannot hand over a yard that is ${phase}: try again`)
    ends.length = 0
    ends.push(...leaves)
    return stopWork(progress)
  }
  // Two at once would push to serverctrl from the same commit.
  const sync = createLock()
  const turns = createPushTurns({ slots: availableParallelism() })
  const handlers = controlHandlers({
    yard: () => need().yard,
    context: () => need().context,
    seeding: () => phase === 'seeding',
    reconcile: (progress) => sync(() => syncYard(need().context, need().yard, progress)),
    rename: (names, progress) =>
      sync(async () => {
        await checkRename(layout, names)
        await writeRename(layout, names)
        await syncYard(need().context, need().yard, progress)
      }),
    turns,
    repositoryBytes: () => maintenance?.repositoryBytes() ?? {},
    async up(progress) {
      if (phase === 'stopping') throw new EdgeyardError('YARD_NOT_RUNNING', 'The yard is going down')
      await comingUp.wait(progress)
    },
    down: async (progress) => {
      await stopWork(progress)
      // The answer must be on its way before the socket closes.
      setImmediate(() => void stop())
    },
    handOver: async (progress) => {
      await handOver(progress)
      onProgress('Another daemon takes over; everything runs on')
      how = 'handed over'
      setImmediate(() => void stop())
    },
  })
  /** There is a log, for the record of who stops the yard; or the start has failed before. */
  let resolveBegun: () => void = () => {}
  const begun = new Promise<void>((resolve) => {
    resolveBegun = resolve
  })
  const down: typeof handlers.down = async (...asked) => {
    await begun
    return await handlers.down(...asked)
  }
  const held = await holdRoot(layout.root)
  const control = await serveControl(layout.control, { ...handlers, down }).catch(async (error: unknown) => {
    await held.letGo()
    throw error
  })
  const listening = keepListening(systemClock, control.listenAgain, (line) => {
    onProgress(line)
    current?.context.log('warn', line)
  })
  let how: Awaited<Daemon['stopped']> = 'stopped'
  let resolveStopped: (how: Awaited<Daemon['stopped']>) => void = () => {}
  const stopped: Daemon['stopped'] = new Promise((resolve) => {
    resolveStopped = resolve
  })
  const stop = async (why?: unknown) => {
    await stopWork(onProgress)
    comingUp.failed(why ?? stoppedEarly())
    await listening.end()
    await control.close()
    await held.letGo()
    resolveStopped(how)
  }

  try {
    await ensureYardFolders(layout)
    await rm(layout.scratch, { recursive: true, force: true })
    const asRoot = process.getuid?.() === 0
    const isolation = await probeIsolation({ asRoot })
    const limiter = createLimiter(layout.root, { asRoot })
    const netFilter = await createNetFilter({ asRoot })
    const unmoved = await ensureMigration(asRoot)
    const missing = [...describeIsolation({ isolation, limiter, netFilter }), unmoved].filter((line) => line !== null)
    for (const line of missing) onProgress(line)
    const records = createRecordSender(layout)
    const processes = createProcesses(layout, records, systemClock, limiter)
    const unwatch = async () => {
      await processes.close()
      await records.close(0)
    }
    ends.push(unwatch)
    leaves.push(unwatch)
    ends.push(() => netFilter.remove())
    const log = createYardLog(records)
    const render = createRenderer((fitted) => tellBrokenBranches(fitted, log))
    const tls =
      settings.tls === null
        ? undefined
        : await createTls({ layout, files: settings.tls, asRoot, now: () => new Date(), log })
    const real = await realpath(projectRoot)
    const ports = createPortKeeper(layout.ports, { mayHold: unmoved === null })
    const context = {
      layout,
      settings,
      projectRoot: real,
      version: await readVersion(real),
      isolation,
      limiter,
      netFilter,
      tls,
      asRoot,
      processes,
      render,
      ports,
      pushesUnderWay: () => turns.isBusy,
      log,
      clock: systemClock,
    }
    const adopted = await processes.adopt((message) => log('crit', message))
    adoptedSome = adopted.length > 0
    if (adoptedSome) onProgress(`${adopted.length} processes still run and are adopted`)
    const yard = new Yard(context, adopted)
    current = { context, yard }
    resolveBegun()
    ends.push(
      (progress) => yard.closeCollector(progress),
      async (progress) => {
        ports.close()
        await yard.close(progress)
        log('notice', 'The yard stops')
        await records.close(RECORDS_CLOSE_DEADLINE_MS)
      },
    )
    leaves.push(async () => {
      await yard.letGo()
      ports.close()
      log('notice', 'The yard is handed over to the next daemon')
      await records.close(RECORDS_CLOSE_DEADLINE_MS)
    })
    // Our own pushes go through the hooks, too.
    const hooks = keepHookProcess(context)
    ends.push(() => hooks.close())
    leaves.push(() => hooks.close())
    goOn()
    await setUpYard(context, yard, {
      progress: onProgress,
      fresh: adopted.length === 0,
      seeding: async (push) => {
        goOn()
        phase = 'seeding'
        await push().finally(() => {
          if (phase === 'seeding') phase = 'starting'
        })
      },
    })
    goOn()
    const ssh = await serveSsh({
      layout,
      host: settings.host,
      port: settings.sshPort,
      quotas: settings.quotas,
      beforeFetch: () => yard.liveRefs.written(),
      // Beside git's own part, where a processor is free for it.
      onPush({ repository: server, developer }, gone) {
        if (isServerName(server) && turns.expect(gone)) void prepareAll(yard, [{ server, developer }], gone)
      },
      onRecord: ({ severity, message, fields }) => log(severity, message, fields),
    })
    const closeSsh = async (progress: (line: string) => void) => {
      await ssh.close()
      progress('ssh stopped')
    }
    ends.push(closeSsh)
    leaves.push(closeSsh)
    goOn()
    onProgress(`ssh is ready on port ${ssh.port}`)
    const net = createSafetyNet(systemClock, log, {
      isBusy: () => sync.isTaken || yard.isBusy,
      hasFallenBehind: () => haveFallenBehind(layout),
      sync: () => sync(() => syncYard(context, yard, () => {})),
      reconcile: () => yard.reconcile(() => {}),
      after: giveMemoryBack,
    })
    const calm = async () => net.close()
    maintenance = createMaintenance({
      ...{ layout, log, alone: yard.liveRefs.alone },
      diskOf: (developer) => quotasOf(settings.quotas, developer).disk,
    })
    const retention = createRetention({ layout, logs: settings.logs, log }, Date.now)
    void retention.run()
    ends.push(calm, maintenance.close, retention.close)
    leaves.push(calm, maintenance.close, retention.close)
    phase = 'up'
    const audit = createAudit(log)
    await tellUntold(layout, (entry) => audit(OPERATOR, entry))
    log('notice', 'The yard is up', { pid: process.pid, unprotected: missing })
    comingUp.done()
    resolveHalted()
    return { status: () => yard.status(), stop: () => stop(), stopped }
  } catch (error) {
    // What was asked to stop stops, and fails for no other reason.
    const why = isStopping() ? stoppedEarly() : error
    // Others rely on what ran before we came; what is missing is for the next try.
    if (adoptedSome && !isStopping()) ends.splice(1)
    resolveBegun()
    resolveHalted()
    await stop(why)
    throw why
  }
}

const stoppedEarly = () => new EdgeyardError('YARD_NOT_RUNNING', 'The yard was stopped before it was up')
