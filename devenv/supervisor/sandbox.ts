// One sandbox: what runs, what is being tried, what drains. Whatever changes what runs holds its lock; booting does not.
import { type SandboxName, sandboxKey } from '../../servers/contract/names.ts'
import { releaseName } from '../../servers/contract/release.ts'
import type { CandidateFailure, SandboxState, SandboxStatus } from '../control/protocol.ts'
import { signalProcess } from '../exec/process-table.ts'
import { type ActualSandbox, chooseCommit } from '../sandbox/plan-sandboxes.ts'
import { STEADY_AFTER_MS } from '../sandbox/restart-policy.ts'
import type { SandboxConf } from '../sandbox/sandbox-conf.ts'
import { remembersStanding } from '../sandbox/sandbox-memory.ts'
import { bootCandidate } from './boot-candidate.ts'
import { createCandidates } from './candidates.ts'
import { createComeBack } from './come-back.ts'
import { createDraining, DRAIN_MARGIN_MS } from './draining.ts'
import { canBothListen, handOverPort, hasUser, portTaken, takeClients, targetOf } from './hand-over-port.ts'
import { createServingHearing } from './hear-serving.ts'
import { isSame, prepareSandbox, type Target } from './launch-sandbox.ts'
import { BY_ITSELF, type Cause } from './live-refs.ts'
import { createLock } from './lock.ts'
import { holdWhileAsleep } from './port-keeper/hold-while-asleep.ts'
import type { KeptProcess } from './processes.ts'
import { createSandboxDisk } from './sandbox-disk.ts'
import { forgetMemory } from './sandbox-files.ts'
import type { MoveOptions, SandboxOptions } from './sandbox-options.ts'
import { liveNext, liveOf, sandboxStatus } from './sandbox-status.ts'
import { sortAdopted } from './sort-adopted.ts'
import type { YardContext } from './yard-context.ts'

export class Sandbox {
  readonly name: SandboxName
  readonly #context: YardContext
  readonly #uid: number | null
  readonly #lock = createLock()
  readonly #hear = createServingHearing({
    replace: (process) =>
      this.#lock(async () => this.#live === process && this.#target && this.#move(this.#target, true)),
    idle: (process) => this.#lock(() => this.#fallAsleep(process)),
    letGo: (process) => this.#draining.hasLetGo(process),
  })
  readonly #disk
  readonly #candidates
  readonly #draining
  readonly #comeBack
  readonly #onLive: SandboxOptions['onLive']
  #live: KeptProcess | null = null
  /** What should run by the latest word; null before the first. */
  #target: Target | null = null
  /** What could not take a port that had to be let go of for it: it is not tried again until somebody asks. */
  #unfit: { readonly target: Target; readonly failure: CandidateFailure } | null = null
  #state: SandboxState = 'stopped'
  #restarts = 0
  #closed = false

  constructor(context: YardContext, options: SandboxOptions) {
    this.name = options.name
    this.#context = context
    this.#uid = options.uid
    this.#onLive = options.onLive
    this.#disk = createSandboxDisk(context, options)
    this.#draining = createDraining(context.clock)
    const down = () => (this.#closed || this.#memory.stopped || this.#live !== null ? null : this.#target)
    this.#comeBack = createComeBack(context, this.name, {
      wanted: down,
      memory: () => this.#memory,
      fall: (fallen) => void this.#disk.remember(fallen).then(options.onFall),
      start: () => this.#lock(async () => down() && this.#move(down()!, false)),
    })
    const launch = () => ({ uid: this.#uid, restarts: this.#restarts })
    this.#candidates = createCandidates({
      boot: (target, prepared) => bootCandidate(context, this.name, target, launch(), prepared),
      prepare: (conf, spare) => prepareSandbox(context, this.name, conf, { ...launch(), preload: spare }),
      isBusy: context.pushesUnderWay,
    })
    this.#adopt(options.adopted)
  }

  get #memory() {
    return this.#disk.memory
  }

  /** What planning needs to know. One that sleeps is where it would wake up. */
  get actual(): ActualSandbox {
    const asleep = this.#state === 'sleeping' ? this.#target : null
    const live = this.#live === null ? asleep && liveNext(asleep) : liveOf(this.#live)
    const due = live === null && this.#target !== null && this.#comeBack.isDue ? liveNext(this.#target) : null
    return { ...this.name, live, due, memory: this.#memory }
  }

  get pid(): number | null {
    return this.#live?.run.pid ?? null
  }

  /** Stopped or asleep: a push starts nothing. */
  get rests(): boolean {
    return this.#memory.stopped || this.#memory.asleep
  }

  /** Sends it a signal that ends nothing. False when nothing runs. */
  signal(signal: NodeJS.Signals): boolean {
    return this.#live !== null && signalProcess(this.#live.run, signal)
  }

  runs({ commit, conf }: Target): boolean {
    const run = this.#live?.run
    return run?.commit === commit && run.fingerprint === conf.hash
  }

  /** A push is under way: the process that it will need starts beside it. It ends with `gone` when it was not needed. */
  prepare(conf: SandboxConf, gone: AbortSignal): void {
    if (this.#closed || gone.aborted) return
    gone.addEventListener('abort', this.#candidates.prepare(conf), { once: true })
  }

  /** Somebody is at work on it, and will push again: a process waits for that. */
  expectPush(): void {
    if (this.#live !== null && this.#target !== null && !this.#closed) this.#candidates.keepSpare(this.#target.conf)
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
   * later one wins, whoever comes last.
   */
  move(read: () => Promise<Target | null>, options: MoveOptions = {}): Promise<CandidateFailure | null> {
    return this.#lock(async () => {
      const wanted = await read()
      if (wanted === null || this.#closed) return null
      // Something else was pushed: what fell is history, also when somebody goes back to it.
      if (options.trust || this.#memory.fallenFrom !== wanted.commit) this.#disk.assume({ fallenFrom: null })
      const target = { ...wanted, commit: chooseCommit(wanted.commit, this.#memory) }
      const mayRest = !this.#memory.stopped && !options.again && !options.awake && this.#live === null
      const rests = mayRest && (this.#memory.asleep || this.#state === 'stopped') && (await this.#rest(target))
      if (this.#memory.stopped || rests) return await this.#settle(target)
      const { again = false, cause } = options
      return await (this.#memory.asleep ? this.#wakeUp(target) : this.#move(target, again, cause))
    })
  }

  /** Holds the ports of one that sleeps, before anything else is brought up. */
  holdPorts(): Promise<unknown> {
    return this.#lock(async () => this.#memory.asleep && this.#target !== null && this.#rest(this.#target))
  }

  /** Somebody has connected to one that sleeps. */
  wake(): Promise<CandidateFailure | null> {
    const target = () => (this.#memory.asleep && !this.#closed ? this.#target : null)
    return this.#lock(async () => target() && this.#wakeUp(target()!))
  }

  /** What should run, where it runs already or is stopped: the status shows it. */
  see(target: Target): void {
    this.#target ??= target
  }

  /** Stopped until somebody starts it; a reboot does not. What is pushed meanwhile is where it will start. */
  stop(): Promise<void> {
    return this.#lock(async () => {
      await this.#disk.remember({ stopped: true, asleep: false })
      await this.#end()
      await this.#context.ports?.release(this.name)
      this.#state = 'stopped'
    })
  }

  /** Takes back `stop`, and gives a release that fell another chance. The next reconcile starts it. */
  allow(): Promise<void> {
    return this.#lock(async () => {
      this.#comeBack.reset()
      await this.#disk.remember({ stopped: false, fallenFrom: null })
    })
  }

  /** Ends its processes, or `leaves` them running; what should run stays what it is, for the next daemon. */
  close({ leaves = false } = {}): Promise<void> {
    this.#closed = true
    return this.#lock(async () => {
      this.#comeBack.cancel()
      await this.#candidates.close()
      if (leaves) return
      await this.#end()
      await this.#draining.ended()
    })
  }

  /** Writes down what could not be written when it became true. Waits for nobody when there is nothing of that kind. */
  async catchUp(): Promise<void> {
    if (this.#disk.mayLag)
      await this.#lock(() => this.#disk.catchUp(() => this.#live && targetOf(this.#context, this.name, this.#live)))
  }

  /** Ends its processes and forgets it. */
  async remove(): Promise<void> {
    await this.close()
    await this.#context.ports?.release(this.name)
    await forgetMemory(this.#context.layout, this.name)
  }

  status(target: Target | null = this.#target): SandboxStatus {
    return sandboxStatus({
      ...{ name: this.name, state: this.#state, target, live: this.#live, disk: this.#disk },
      ...{ retries: this.#comeBack, restarts: this.#restarts, now: this.#context.clock.now() },
    })
  }

  async #move(target: Target, again: boolean, cause: Cause = BY_ITSELF): Promise<CandidateFailure | null> {
    this.#comeBack.cancel()
    const same = this.#target?.commit === target.commit
    this.#target = target
    if (this.runs(target) && !again) return null
    const unfit = again || this.#live === null ? null : this.#unfit
    if (unfit !== null && isSame(unfit.target, target)) return unfit.failure
    this.#unfit = null
    if (!same) {
      this.#comeBack.reset()
      this.#restarts = 0
    }
    if (this.#live === null) this.#state = 'starting'
    const failure = await this.#switch(target)
    if (failure !== null) {
      const { message, diagnostic, lastLines } = failure
      const what = `${sandboxKey(this.name)} cannot run ${releaseName(target.commit)}`
      this.#context.log('error', `${what}: ${message}`, { diagnostic, lastLines })
      if (this.#live !== null) return failure
      this.#state = 'failed'
      this.#comeBack.tryLater(0, failure.fault !== 'yard')
      return { ...failure, down: true }
    }
    // It may have died right after it listened.
    if (this.#live !== null) this.#state = 'ready'
    await this.#disk.follow(target)
    const used = [...this.#own().map(({ run }) => run.fingerprint), ...this.#candidates.confHashes()]
    await this.#disk.tidy(new Set(used))
    this.#onLive?.(target.commit, cause)
    const { port } = target.conf
    this.#context.log('notice', `${sandboxKey(this.name)} runs ${releaseName(target.commit)}`, { pid: this.pid, port })
    return null
  }

  async #fallAsleep(process: KeptProcess): Promise<void> {
    const target = this.#target
    if (this.#live !== process || this.#closed || target === null || !this.runs(target)) return
    if (!(await this.#rest(target, process))) return
    this.#context.log('info', `${sandboxKey(this.name)} sleeps: nobody uses it`, { port: target.conf.port })
  }

  /** Holds the ports of a target; then the process that nobody uses, if any, lets go of them. False when it cannot sleep. */
  async #rest({ conf }: Target, unused: KeptProcess | null = null): Promise<boolean> {
    const how = { conf, uid: this.#uid, beside: unused, wake: () => this.wake() }
    if (!(await holdWhileAsleep(this.#context, this.name, how))) return false
    if (unused !== null) {
      this.#live = null
      this.#state = 'draining'
      this.#candidates.endSpare()
      await this.#drain(unused)
    }
    if (!this.#memory.asleep) await this.#disk.remember({ asleep: true })
    this.#state = 'sleeping'
    return true
  }

  /** Who waits is served by the process that listens; when none does, nobody waits in vain. */
  async #wakeUp(target: Target): Promise<CandidateFailure | null> {
    this.#disk.assume({ asleep: false })
    const failure = await this.#move(target, false)
    await this.#context.ports?.release(this.name)
    await this.#disk.remember({})
    return failure
  }

  /** Without a process it moves like this: this is what it will start as. */
  async #settle(target: Target): Promise<null> {
    await this.#candidates.drop(target)
    this.#target = target
    await this.#disk.follow(target)
    return null
  }

  /** From the old process to a new one. */
  async #switch(target: Target): Promise<CandidateFailure | null> {
    const taken = await this.#portTaken(target)
    if (taken !== null) return taken
    const booted = await this.#candidates.take(target)
    if ('failure' in booted) return booted.failure
    const old = this.#live
    if (old === null) return await this.#goLive(target, booted.ready)
    const before = targetOf(this.#context, this.name, old)
    if (before !== null && !(canBothListen(before.conf, target.conf) && hasUser(old.run, this.#uid))) {
      return await this.#handOver(old, before, { target, ready: booted.ready })
    }
    const failure = await this.#goLive(target, booted.ready)
    if (failure !== null) return failure
    await this.#drain(old)
    return null
  }

  #portTaken(target: Target): Promise<CandidateFailure | null> {
    if (this.#context.ports?.holds(this.name, target.conf.port)) return Promise.resolve(null)
    return portTaken(this.#context, this.name, target, this.#own())
  }

  /** The live process and those that drain. */
  #own(): readonly KeptProcess[] {
    return [...(this.#live === null ? [] : [this.#live]), ...this.#draining.processes]
  }

  async #handOver(
    old: KeptProcess,
    before: Target,
    next: { target: Target; ready: KeptProcess },
  ): Promise<CandidateFailure | null> {
    this.#live = null
    this.#state = 'starting'
    const told = await handOverPort(this.#context, before, next, {
      letGo: () => this.#drain(old),
      goLive: (target, ready) => this.#goLive(target, ready),
      boot: (target) => this.#candidates.take(target),
    })
    if (told === null) return null
    if (told.restored) {
      this.#state = 'ready'
      this.#unfit = { target: next.target, failure: told.failure }
    }
    return told.failure
  }

  /** Tells it to listen. Null when it does, and is the live one; who woke it is served from then on. */
  async #goLive(target: Target, ready: KeptProcess): Promise<CandidateFailure | null> {
    const failure = await takeClients(this.#context, this.name, target, { ready, old: this.#live })
    if (failure !== null) return failure
    void this.#context.ports?.release(this.name)
    ready.update({ role: 'live', restarts: this.#restarts })
    this.#take(ready)
    return null
  }

  #take(process: KeptProcess): void {
    this.#live = process
    const age = this.#context.clock.now() - process.run.startedMs
    const forget = this.#context.clock.after(Math.max(0, STEADY_AFTER_MS - age), () => this.#stands(process))
    void process.ended.then(() => {
      forget()
      if (this.#live === process) this.#onDeath(process)
    })
    void this.#hear(process)
  }

  /** It has run for a minute: it can be fallen back to, and its next death is an accident again. */
  #stands(process: KeptProcess): void {
    const { commit } = process.run
    if (this.#live !== process || commit === null) return
    this.#comeBack.reset()
    void this.#lock(() => this.#disk.remember(remembersStanding(this.#memory, commit)))
  }

  #onDeath(process: KeptProcess): void {
    this.#live = null
    this.#state = 'failed'
    if (this.#closed) return
    this.#restarts++
    this.#comeBack.tryLater(this.#context.clock.now() - process.run.startedMs, true)
  }

  async #end(): Promise<void> {
    this.#comeBack.cancel()
    this.#candidates.endSpare()
    const live = this.#live
    this.#live = null
    if (live === null) return
    this.#state = 'draining'
    await this.#drain(live)
    await live.ended
  }

  #drain(process: KeptProcess): Promise<void> {
    return this.#draining.drain(process, (this.#target?.conf.drainTimeoutMs ?? 0) + DRAIN_MARGIN_MS)
  }

  #adopt(adopted: readonly KeptProcess[]): void {
    const { live, draining } = sortAdopted(adopted, this.#context.clock.now())
    if (live !== null) {
      this.#restarts = live.run.restarts
      this.#disk.assume({ asleep: false })
      this.#state = 'ready'
      this.#take(live)
    }
    for (const { process, ms } of draining) void this.#draining.drain(process, ms)
  }
}
