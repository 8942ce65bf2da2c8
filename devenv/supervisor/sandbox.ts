// One sandbox: what runs, what is being tried, what drains. Whatever changes what runs holds its lock; booting does not.
import { messageOf } from '../../servers/contract/errors.ts'
import { type SandboxName, sandboxKey } from '../../servers/contract/names.ts'
import { parseBuiltCommit, releaseName } from '../../servers/contract/release.ts'
import type { CandidateFailure, SandboxState, SandboxStatus } from '../control/protocol.ts'
import { residentBytes, signalProcess } from '../exec/process-table.ts'
import { type ActualSandbox, chooseCommit } from '../sandbox/plan-sandboxes.ts'
import { countCrash } from '../sandbox/restart-policy.ts'
import type { SandboxConf } from '../sandbox/sandbox-conf.ts'
import { remembersFall, remembersStanding, type SandboxMemory } from '../sandbox/sandbox-memory.ts'
import { bootCandidate, letListen } from './boot-candidate.ts'
import { createCandidates } from './candidates.ts'
import { createReplacementHearing } from './hear-replacement.ts'
import type { Target } from './launch-sandbox.ts'
import { createLock } from './lock.ts'
import { isPortFree, requireFreePort } from './ports.ts'
import type { KeptProcess } from './processes.ts'
import { forgetMemory, makeLive, readConfOf, tidyConfs, writeMemory } from './sandbox-files.ts'
import { askUntil } from './within.ts'
import type { YardContext } from './yard-context.ts'

/** A draining process ends by itself inside its worker_shutdown_timeout; this much later it is killed. */
const DRAIN_MARGIN_MS = 5_000
/** How long an old process may take to let go of a port that cannot be shared: it does so before it drains. */
const LET_GO_DEADLINE_MS = 3_000

export interface SandboxOptions {
  readonly name: SandboxName
  readonly uid: number | null
  readonly memory: SandboxMemory
  /** What a daemon before us left running. */
  readonly adopted: readonly KeptProcess[]
  /** Told after a release fell, so that the yard looks again what should run. */
  onFall(): void
}

export class Sandbox {
  readonly name: SandboxName
  readonly #context: YardContext
  readonly #uid: number | null
  readonly #lock = createLock()
  readonly #hear = createReplacementHearing((process) =>
    this.#lock(async () => this.#live === process && this.#target && this.#move(this.#target, true)),
  )
  readonly #candidates
  readonly #draining = new Set<KeptProcess>()
  readonly #onFall: () => void
  #live: KeptProcess | null = null
  #memory: SandboxMemory
  /** What should run by the latest word; null before the first. */
  #target: Target | null = null
  /** What could not take a port that had to be let go of for it: it is not tried again until somebody asks. */
  #unfit: { readonly target: Target; readonly failure: CandidateFailure } | null = null
  #state: SandboxState = 'stopped'
  #crashes = 0
  #restarts = 0
  #retry: NodeJS.Timeout | undefined
  #closed = false

  constructor(context: YardContext, options: SandboxOptions) {
    this.name = options.name
    this.#context = context
    this.#uid = options.uid
    this.#memory = options.memory
    this.#onFall = options.onFall
    this.#candidates = createCandidates((target) =>
      bootCandidate(context, this.name, target, { uid: this.#uid, restarts: this.#restarts }),
    )
    this.#adopt(options.adopted)
  }

  /** What planning needs to know. */
  get actual(): ActualSandbox {
    const live = this.#live
    return {
      ...this.name,
      live: live === null ? null : { commit: live.run.commit ?? '', confHash: live.run.fingerprint },
      memory: this.#memory,
    }
  }

  get pid(): number | null {
    return this.#live?.run.pid ?? null
  }

  get isStopped(): boolean {
    return this.#memory.stopped
  }

  /** Sends it a signal that ends nothing. False when nothing runs. */
  signal(signal: NodeJS.Signals): boolean {
    return this.#live !== null && signalProcess(this.#live.run, signal)
  }

  runs({ commit, conf }: Target): boolean {
    const run = this.#live?.run
    return run?.commit === commit && run.fingerprint === conf.hash
  }

  /** Boots a candidate beside what runs. Null when it is ready and waits for `move`, or runs already. */
  async boot(target: Target): Promise<CandidateFailure | null> {
    this.#unfit = null
    if (this.runs(target)) return null
    return (await this.#portTaken(target)) ?? (await this.#candidates.boot(target))
  }

  /** Stops a candidate that is not wanted after all. */
  dropCandidate(target: Target): Promise<void> {
    return this.#candidates.drop(target)
  }

  /**
   * Makes what should run what runs: new up and ready, it listens, then the old one drains. Null when it runs, now or
   * already; otherwise the old one has noticed nothing. `read` is asked under the lock, so that of two pushes at once the
   * later one wins, whoever comes last. `again`: also when it runs already.
   */
  move(read: () => Promise<Target | null>, options: { again?: boolean } = {}): Promise<CandidateFailure | null> {
    return this.#lock(async () => {
      const wanted = await read()
      if (wanted === null || this.#closed) return null
      const target = { ...wanted, commit: chooseCommit(wanted.commit, this.#memory) }
      if (!this.#memory.stopped) return await this.#move(target, options.again ?? false)
      await this.#settle(target)
      return null
    })
  }

  /** What should run, where it runs already or is stopped: the status shows it. */
  see(target: Target): void {
    this.#target ??= target
  }

  /** Stopped until somebody starts it; a reboot does not. What is pushed meanwhile is where it will start. */
  stop(): Promise<void> {
    return this.#lock(async () => {
      await this.#remember({ ...this.#memory, stopped: true })
      await this.#end()
      this.#state = 'stopped'
    })
  }

  /** Takes back `stop`, and gives a release that fell another chance. The next reconcile starts it. */
  allow(): Promise<void> {
    return this.#lock(async () => {
      this.#crashes = 0
      await this.#remember({ ...this.#memory, stopped: false, fallenFrom: null })
    })
  }

  /** Ends its processes; what should run stays what it is, for the next daemon. */
  close(): Promise<void> {
    this.#closed = true
    return this.#lock(async () => {
      await this.#candidates.close()
      await this.#end()
      await Promise.all([...this.#draining].map((process) => process.ended))
    })
  }

  /** Ends its processes and forgets it. */
  async remove(): Promise<void> {
    await this.close()
    await forgetMemory(this.#context.layout, this.name)
  }

  status(target: Target | null = this.#target): SandboxStatus {
    const live = this.#live
    const built = live?.run.commit ?? target?.commit ?? null
    return {
      ...this.name,
      state: this.#state,
      url: target?.conf.url ?? '',
      port: target?.conf.port ?? 0,
      pid: this.pid,
      release: built === null ? null : releaseName(built),
      ...(built === null ? { commit: null, common: null } : parseBuiltCommit(built)),
      uptimeMs: live === null ? null : Date.now() - Date.parse(live.run.startedAt),
      rssBytes: live === null ? null : residentBytes(live.run.pid),
      restarts: this.#restarts,
    }
  }

  async #move(target: Target, again: boolean): Promise<CandidateFailure | null> {
    clearTimeout(this.#retry)
    const { layout, log } = this.#context
    const same = this.#target?.commit === target.commit
    this.#target = target
    if (this.runs(target) && !again) return null
    if (this.#live !== null && !again && this.#isUnfit(target)) return this.#unfit?.failure ?? null
    this.#unfit = null
    if (!same) {
      this.#crashes = 0
      this.#restarts = 0
    }
    if (this.#live === null) this.#state = 'starting'
    const failure = await this.#switch(target)
    if (failure !== null) {
      log('error', `${sandboxKey(this.name)} cannot run ${releaseName(target.commit)}: ${failure.message}`, {
        diagnostic: failure.diagnostic,
        lastLines: failure.lastLines,
      })
      if (this.#live !== null) return failure
      this.#tryLater(0)
      return { ...failure, down: true }
    }
    this.#state = 'ready'
    await makeLive(layout, this.name, target, this.#uid)
    await this.#tidy()
    log('notice', `${sandboxKey(this.name)} runs ${releaseName(target.commit)}`, {
      pid: this.pid,
      port: target.conf.port,
    })
    return null
  }

  /** Stopped, it moves without a process: this is what it will start as. */
  async #settle(target: Target): Promise<void> {
    await this.#candidates.drop(target)
    this.#target = target
    await makeLive(this.#context.layout, this.name, target, this.#uid)
  }

  /** From the old process to a new one. */
  async #switch(target: Target): Promise<CandidateFailure | null> {
    const taken = await this.#portTaken(target)
    if (taken !== null) return taken
    const booted = await this.#candidates.take(target)
    if ('failure' in booted) return booted.failure
    const old = this.#live
    if (old === null) return await this.#goLive(target, booted.ready)
    const before = await this.#targetOf(old)
    if (before !== null && !canBothListen(before.conf, target.conf)) {
      return await this.#handOver(old, before, target, booted.ready)
    }
    const failure = await this.#goLive(target, booted.ready)
    if (failure !== null) return failure
    await this.#stood(old)
    await this.#drain(old)
    return null
  }

  /** Beside a process of our own the port is shared, or ours to let go of; otherwise it must be nobody's. */
  async #portTaken({ conf }: Target): Promise<CandidateFailure | null> {
    const own = [this.#live, ...this.#draining].flatMap((process) => process ?? [])
    const before = await Promise.all(own.map((process) => this.#targetOf(process)))
    if (before.some((each) => each?.conf.port === conf.port)) return null
    try {
      await requireFreePort(this.#context.settings.host, conf.port, sandboxKey(this.name))
      return null
    } catch (error) {
      return { ...this.name, message: messageOf(error), lastLines: [] }
    }
  }

  /** Two cannot listen at once: the old one lets go first, and its release is started again when the new one does not come. */
  async #handOver(
    old: KeptProcess,
    before: Target,
    target: Target,
    ready: KeptProcess,
  ): Promise<CandidateFailure | null> {
    this.#live = null
    this.#state = 'starting'
    await this.#drain(old)
    const { port } = target.conf
    await askUntil(() => isPortFree(this.#context.settings.host, port), { ms: LET_GO_DEADLINE_MS })
    const failure = await this.#goLive(target, ready)
    if (failure === null) {
      await this.#stood(old)
      return null
    }
    const booted = await this.#candidates.take(before)
    const again = 'failure' in booted ? booted.failure : await this.#goLive(before, booted.ready)
    const how = again === null ? 'was started again' : `cannot be started again: ${again.message}`
    const message = `${failure.message}; ${releaseName(before.commit)} had let go of port ${port} for it and ${how}`
    const told = { ...failure, message }
    if (again === null) {
      this.#state = 'ready'
      this.#unfit = { target, failure: told }
    }
    return told
  }

  /** Tells it to listen. Null when it does, and is the live one. */
  async #goLive(target: Target, ready: KeptProcess): Promise<CandidateFailure | null> {
    const failure = await letListen(this.#context, this.name, target, ready)
    if (failure !== null) return failure
    await ready.update({ role: 'live', restarts: this.#restarts })
    this.#take(ready)
    return null
  }

  /** Nobody replaces what has just crashed by hand: it ran until it was replaced, so it stands. */
  async #stood({ run }: KeptProcess): Promise<void> {
    if (this.#crashes > 0 || run.commit === null) return
    await this.#remember(remembersStanding(this.#memory, run.commit))
  }

  async #targetOf({ run }: KeptProcess): Promise<Target | null> {
    const conf = await readConfOf(this.#context.layout, this.name, run.fingerprint).catch(() => null)
    return conf === null || run.commit === null ? null : { commit: run.commit, conf }
  }

  #isUnfit({ commit, conf }: Target): boolean {
    const target = this.#unfit?.target
    return target?.commit === commit && target.conf.hash === conf.hash
  }

  #take(process: KeptProcess): void {
    this.#live = process
    void process.ended.then(() => {
      if (this.#live === process) this.#onDeath(process)
    })
    void this.#hear(process)
  }

  #onDeath(process: KeptProcess): void {
    this.#live = null
    this.#state = 'failed'
    if (this.#closed) return
    this.#restarts++
    this.#tryLater(Date.now() - Date.parse(process.run.startedAt))
  }

  /** Counts a death, or a start that did not come about, and starts again when it is time. */
  #tryLater(ranMs: number): void {
    const count = countCrash(this.#crashes, ranMs)
    this.#crashes = count.crashes
    this.#state = 'failed'
    const commit = this.#target?.commit
    if (this.#closed || this.#memory.stopped || commit === undefined) return
    if (count.giveUp && this.#memory.fallenFrom === null) {
      const fallen = remembersFall(this.#memory, commit, commit)
      if (fallen.fallenFrom !== null) {
        const last = releaseName(fallen.stood.at(-1) ?? '')
        this.#context.log(
          'crit',
          `${sandboxKey(this.name)} falls back to ${last}: ${releaseName(commit)} crashed ${count.crashes} times`,
        )
        void this.#remember(fallen).then(() => this.#onFall())
        return
      }
    }
    clearTimeout(this.#retry)
    this.#retry = setTimeout(() => {
      void this.#lock(async () => {
        if (this.#live === null && this.#target !== null && !this.#memory.stopped) await this.#move(this.#target, false)
      })
    }, count.delayMs)
  }

  async #end(): Promise<void> {
    clearTimeout(this.#retry)
    const live = this.#live
    this.#live = null
    if (live === null) return
    this.#state = 'draining'
    await this.#drain(live)
    await live.ended
  }

  /** Lets a process finish, and kills it when its time is up. Does not wait for it. */
  async #drain(process: KeptProcess, ms = (this.#target?.conf.drainTimeoutMs ?? 0) + DRAIN_MARGIN_MS): Promise<void> {
    this.#draining.add(process)
    process.expectEnd()
    await process.update({ role: 'draining', killAt: new Date(Date.now() + ms).toISOString() })
    void process.stop('SIGQUIT', ms).then(() => this.#draining.delete(process))
  }

  #adopt(adopted: readonly KeptProcess[]): void {
    const live = adopted
      .filter(({ run }) => run.role === 'live')
      .sort((a, b) => (a.run.startedAt < b.run.startedAt ? 1 : -1))
    const [newest, ...rest] = live
    if (newest !== undefined) {
      this.#restarts = newest.run.restarts
      this.#state = 'ready'
      this.#take(newest)
    }
    // A candidate of a daemon that died may listen already: it drains like the rest.
    for (const process of [...rest, ...adopted.filter(({ run }) => run.role !== 'live')]) {
      const killAt = process.run.killAt === null ? Number.NaN : Date.parse(process.run.killAt)
      void this.#drain(process, Number.isNaN(killAt) ? DRAIN_MARGIN_MS : Math.max(0, killAt - Date.now()))
    }
  }

  async #remember(memory: SandboxMemory): Promise<void> {
    this.#memory = memory
    await writeMemory(this.#context.layout, this.name, memory)
  }

  async #tidy(): Promise<void> {
    const used = [this.#live, ...this.#draining].flatMap((process) => process?.run.fingerprint ?? [])
    await tidyConfs(this.#context.layout, this.name, new Set([...used, ...this.#candidates.confHashes()]))
  }
}

function canBothListen(one: SandboxConf, other: SandboxConf): boolean {
  return one.port !== other.port || (one.sharesPort && other.sharesPort)
}
