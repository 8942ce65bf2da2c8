// `edgeyard up`: the yard comes up and stays while this process does. A yard that is up already is shown, not started twice.
import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { setTimeout as after } from 'node:timers/promises'
import { OPERATOR_NAME } from '../../servers/contract/access.ts'
import { EdgeyardError, messageOf } from '../../servers/contract/errors.ts'
import { MASTER } from '../../servers/contract/names.ts'
import { createLoginLink, loginUrl } from '../access/login-link.ts'
import { SOCKET_LOOK_EVERY_MS } from '../control/limits.ts'
import type { YardStatus } from '../control/protocol.ts'
import { identifyProcess, isAlive } from '../exec/process-table.ts'
import { resolveBranch } from '../git/refs.ts'
import type { YardLayout } from '../sandbox/layout.ts'
import { readSettings } from '../settings/read-settings.ts'
import { rememberSettings } from '../settings/remember-settings.ts'
import { requireHost } from '../settings/require-host.ts'
import type { YardSettings } from '../settings/settings.ts'
import type { runDaemon } from '../supervisor/daemon.ts'
import { findHolder } from '../supervisor/hold-root.ts'
import { systemdUnit } from '../supervisor/systemd-unit.ts'
import { isNewer, readVersion } from '../supervisor/version.ts'
import { askUntil } from '../supervisor/within.ts'
import type { Announcer } from './announcer.ts'
import { ask, askIfRunning, type CommandContext, type ExitCode, START_AGAIN } from './context.ts'
import { renderYardStatus } from './render-yard-status.ts'
import { type SignalSource, stopOnSignals } from './stop-on-signals.ts'
import { tellStrangers } from './strangers.ts'
import type { Terminal } from './terminal.ts'

export interface UpOptions {
  readonly host?: string | undefined
  readonly portsFrom?: number | undefined
  /** Take over from a daemon that runs, also from one of this very version. */
  readonly takeOver?: boolean | undefined
  /** Somebody looks at a terminal: show them a link that logs the operator in. It must not end in a file or a journal. */
  readonly showLogin?: boolean | undefined
}

export interface UpDoors {
  /** Loads the daemon's code, which no other command needs. */
  loadDaemon(): Promise<typeof runDaemon>
  readonly signals: SignalSource
  /** Tells whoever waits for a background start; null in the foreground. */
  readonly announcer: Announcer | null
}

/** Who has a root listens on its control socket some milliseconds later, or after its next look, where that has been removed. */
const LISTENS_WITHIN_MS = 2 * SOCKET_LOOK_EVERY_MS
const LOOK_EVERY_MS = 250
/** How long a daemon may take to finish what is under way and to end. */
const HAND_OVER_DEADLINE_MS = 60_000
/** Within this systemd has started a unit again: its `RestartSec=` is a second. */
const START_AGAIN_DEADLINE_MS = 30_000
/** How long one that is going down may take to stop everything: as long as systemd gives it. */
const DOWN_DEADLINE_MS = 150_000

/**
 * What runs; null when no daemon does. While one is still coming up, what it says is shown until it is up; one that is going down
 * has ended when this resolves. Throws what keeps it from coming up, and YARD_RUNNING for one that cannot be reached or does not end.
 */
async function findRunning(context: CommandContext): Promise<YardStatus | null> {
  const { layout, terminal } = context
  const end = performance.now() + LISTENS_WITHIN_MS
  for (let told = false; ; told = true) {
    try {
      const up = await askIfRunning(context, 'up', {}).catch((error: EdgeyardError) => {
        // One before this edgeyard knows no such verb.
        if (error.code !== 'PROTOCOL') throw error
      })
      if (up !== null) return await askIfRunning(context, 'status', {})
      await untilDown(context)
      return null
    } catch (error) {
      if ((error as EdgeyardError).code !== 'YARD_RUNNING' || performance.now() > end) throw error
      if (!told) terminal.tell(`Waiting for the daemon of ${layout.root} to listen`)
      await after(LOOK_EVERY_MS)
    }
  }
}

/** One that says it is not up, and has the root all the same, is going down. */
async function untilDown({ layout, terminal }: CommandContext): Promise<void> {
  const seconds = DOWN_DEADLINE_MS / 1000
  const end = performance.now() + DOWN_DEADLINE_MS
  for (let told = false; ; told = true) {
    const holder = await findHolder(layout.root)
    if (holder === null) return
    const daemon = `the daemon of ${layout.root}${holder.pid === null ? '' : ` (pid ${holder.pid})`}, which is going down`
    if (!told) terminal.tell(`Waiting at most ${seconds} s for ${daemon}`)
    if (performance.now() > end) {
      throw new EdgeyardError('YARD_RUNNING', `Cannot start beside ${daemon}: it has not ended within ${seconds} s`)
    }
    await after(LOOK_EVERY_MS)
  }
}

/** The next daemon is one that systemd starts, where it ran the last one. Throws YARD_NOT_RUNNING, and why that does not come up. */
async function untilStarted(context: CommandContext, unit: string): Promise<YardStatus> {
  const end = performance.now() + START_AGAIN_DEADLINE_MS
  for (;;) {
    const running = await findRunning(context)
    if (running !== null) return running
    if (performance.now() > end)
      throw new EdgeyardError('YARD_NOT_RUNNING', `systemd has not started it again: see "systemctl status ${unit}"`)
    await after(LOOK_EVERY_MS)
  }
}

/**
 * True when a daemon runs and goes on, after its table has been printed; one that is coming up is waited for. One of an older
 * version, or any with `takeOver`, is asked to hand over, and has ended when this returns false; one that systemd runs is started again by it.
 */
export async function showRunning(context: CommandContext, takeOver = false): Promise<boolean> {
  const { layout, terminal, projectRoot, command } = context
  let running = await findRunning(context)
  if (running === null) return false
  const version = await readVersion(projectRoot).catch(() => '0')
  if (takeOver || isNewer(version, running.version)) {
    // What would keep us from coming up is better known while the other still watches.
    await readUsable(layout)
    const daemon = identifyProcess(running.pid)
    terminal.tell(`Edgeyard ${version} takes over from ${running.version ?? 'an older one'} (pid ${running.pid})`)
    await ask(context, 'hand-over', {})
    const gone = () => daemon === null || !isAlive(daemon)
    if (!(await askUntil(gone, { ms: HAND_OVER_DEADLINE_MS })))
      throw new EdgeyardError('YARD_RUNNING', `Cannot take over: the daemon (pid ${running.pid}) has not ended`)
    if (!running.unit) return false
    terminal.tell(`systemd starts ${running.unit} again`)
    running = await untilStarted(context, running.unit)
    if (running.version !== version)
      terminal.tell(`It starts Edgeyard ${running.version}: "${command} install" writes the unit anew, of this one`)
  }
  if (isNewer(running.version, version)) {
    terminal.tell(
      `It is a newer edgeyard, ${running.version}; "up --take-over" puts this one, ${version}, in its place`,
    )
  }
  terminal.tell(`The yard in ${layout.root} is up already (pid ${running.pid})`)
  terminal.print(renderYardStatus(running, context))
  await tellStrangers(context)
  return true
}

/** Throws `YARD_SETTINGS`, also for a host that is not this machine's. */
async function readUsable({ settings: file }: YardLayout): Promise<YardSettings> {
  const settings = await readSettings(file)
  await requireHost(file, settings.host)
  return settings
}

export async function showLogin({ layout, terminal }: CommandContext, { viewer }: YardStatus): Promise<void> {
  const secret = await createLoginLink(layout, OPERATOR_NAME, Date.now())
  terminal.tell(`Logs the operator in, once, within the hour: ${loginUrl(viewer.url, secret)}`)
}

/** Makes the root and writes down what is said for the first time. Throws `ROOT_UNUSABLE` and `YARD_SETTINGS`. */
export async function prepareRoot({ layout }: CommandContext, options: UpOptions): Promise<void> {
  await makeFolder(layout.run).catch((cause) => {
    throw new EdgeyardError('ROOT_UNUSABLE', `Cannot use ${layout.root} as the root: ${messageOf(cause)}`, { cause })
  })
  // A first start that failed has made the repository, but may have set nothing up.
  const started = await resolveBranch(layout, 'serverctrl', MASTER).then(
    (commit) => commit !== null,
    (error: NodeJS.ErrnoException) => error.code !== 'ENOENT',
  )
  await rememberSettings(layout.settings, options, started)
}

/** One folder after the other: where none can be made (in /proc), mkdir's own `recursive` tries for ever. */
async function makeFolder(path: string): Promise<void> {
  if (existsSync(path)) return
  await makeFolder(dirname(path))
  await mkdir(path).catch((error: NodeJS.ErrnoException) => {
    // Another start was quicker.
    if (error.code !== 'EEXIST') throw error
  })
}

/** Resolves when the yard has stopped again. Throws what keeps it from coming up. */
export async function up(context: CommandContext, options: UpOptions, doors: UpDoors): Promise<ExitCode> {
  const { layout, terminal, projectRoot } = context
  const announced = { ...context, terminal: announce(terminal, doors.announcer) }
  await prepareRoot(context, options)
  if (await showRunning(announced, options.takeOver)) {
    doors.announcer?.ready()
    return 0
  }
  const settings = await readUsable(layout)
  const run = await doors.loadDaemon()
  let lastLine = 'Starting'
  const onProgress = (line: string) => {
    lastLine = line
    announced.terminal.tell(line)
  }
  const starting = run({ root: layout.root, settings, projectRoot, onProgress })
  // Also while it starts: Ctrl-C then stops what has started so far, once there is something that can stop it.
  const guard = stopOnSignals(doors.signals, { starting, terminal, lastLine: () => lastLine })
  try {
    const daemon = await starting
    if (!guard.asked()) {
      const status = await daemon.status()
      terminal.print(`\n${renderYardStatus(status, context)}\n`)
      await tellStrangers(context)
      if (options.showLogin) await showLogin(context, status)
      terminal.tell('Ready. Ctrl-C stops everything.')
    }
    doors.announcer?.ready()
    const how = await daemon.stopped
    await guard.finished()
    terminal.tell('Stopped')
    return how === 'handed over' && systemdUnit() !== null ? START_AGAIN : 0
  } catch (error) {
    // Somebody else was quicker to start this yard.
    if ((error as EdgeyardError).code === 'YARD_RUNNING' && (await showRunning(announced))) {
      doors.announcer?.ready()
      return 0
    }
    throw error
  } finally {
    guard.release()
  }
}

/** What is told here is told to whoever waits, too. */
function announce(terminal: Terminal, announcer: Announcer | null): Terminal {
  if (announcer === null) return terminal
  return {
    ...terminal,
    tell(text) {
      terminal.tell(text)
      announcer.progress(text)
    },
  }
}
