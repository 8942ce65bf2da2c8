// The yard as one thing: desired state in, services and sandboxes moved, status out.
import type { Diagnostic } from '../../servers/contract/diagnostic.ts'
import { EdgeyardError, messageOf } from '../../servers/contract/errors.ts'
import { isServerName, type SandboxName, SERVERS, sandboxKey } from '../../servers/contract/names.ts'
import { warningsOf } from '../../templates/render.ts'
import { isOperator, mayHearOf, YARD } from '../control/by.ts'
import type { CandidateFailure, RedisStatus, SandboxStatus, YardStatus } from '../control/protocol.ts'
import { hasDeveloper } from '../developers/developers.ts'
import { finishRename } from '../developers/rename-developer.ts'
import { forgetRename, type Rename, readRename } from '../developers/rename-journal.ts'
import { sandboxUid } from '../developers/uids.ts'
import { planNet } from '../sandbox/plan-net.ts'
import { planSandboxes, type SandboxAction } from '../sandbox/plan-sandboxes.ts'
import type { LeftOut } from '../sandbox/render-what-fits.ts'
import { readSandboxConf, type SandboxConf } from '../sandbox/sandbox-conf.ts'
import { viewerUrl } from '../sandbox/viewer-url.ts'
import { ensureYardFolders } from './folders.ts'
import type { Target } from './launch-sandbox.ts'
import { type Cause, createLiveRefs, type LiveRefs, type Standing } from './live-refs.ts'
import { createLock } from './lock.ts'
import type { KeptProcess } from './processes.ts'
import { type DesiredYard, readDesired } from './read-desired.ts'
import { createRenames } from './renames.ts'
import { Sandbox } from './sandbox.ts'
import { readMemory } from './sandbox-files.ts'
import type { MoveOptions } from './sandbox-options.ts'
import { MYSQL_KEY } from './services/mysql.ts'
import { flushRedis, redisKey } from './services/redis.ts'
import { VIEWER_KEY } from './services/viewer.ts'
import { systemdUnit } from './systemd-unit.ts'
import type { YardContext } from './yard-context.ts'
import { createYardServices, isServiceKey, type YardServices } from './yard-services.ts'

/** Booting is the processor's work, and there are few of those. */
const MOVES_AT_ONCE = 4

/** For processes that a daemon before us started and no sandbox of ours watches. */
const STOP_DEADLINE_MS = 10_000

type Progress = (line: string) => void

export interface Reconciled {
  readonly moved: readonly SandboxName[]
  readonly failures: readonly CandidateFailure[]
  /** Errors of services that are not as they should be. The sandboxes were moved all the same. */
  readonly troubles: readonly unknown[]
  /** Branches of serverctrl that do not count. */
  readonly brokenBranches: readonly LeftOut[]
}

export class Yard {
  readonly #context: YardContext
  readonly #services: YardServices
  readonly #sandboxes = new Map<string, Sandbox>()
  readonly #adopted: readonly KeptProcess[]
  readonly #lock = createLock()
  readonly #renames = createRenames()
  readonly liveRefs: LiveRefs
  #desired: DesiredYard | null = null
  #closed = false

  constructor(context: YardContext, adopted: readonly KeptProcess[]) {
    this.#context = context
    this.liveRefs = createLiveRefs(context)
    this.#services = createYardServices(
      context,
      adopted.filter(({ run }) => isServiceKey(run.key)),
    )
    this.#adopted = adopted.filter(({ run }) => !isServiceKey(run.key))
  }

  /** A reconcile is at work, or waits. */
  get isBusy(): boolean {
    return this.#lock.isTaken
  }

  /**
   * Makes the yard what refs, developers and settings say. Throws when that cannot be read. `progress` tells a developer who is the
   * `cause` of their own sandboxes only.
   */
  reconcile(progress: Progress, cause?: Cause): Promise<Reconciled> {
    return this.#lock(async () => {
      if (this.#closed) return { moved: [], failures: [], troubles: [], brokenBranches: [] }
      await this.#finishRename(progress)
      await this.#context.tls?.refresh()
      const desired = await readDesired(this.#context)
      this.#desired = desired
      await ensureYardFolders(this.#context.layout)
      const closed = await this.#closeNetwork(desired)
      await this.#meetAll(desired)
      const unheld = await this.#holdPorts(desired, progress)
      const troubles = [...closed, ...unheld, ...(await this.#services.ensure(desired, progress))]
      if (isOperator(cause?.by ?? YARD)) for (const trouble of troubles) progress(messageOf(trouble))
      const done = await this.#act(desired, progress, cause)
      await this.#context.ports?.releaseStrays()
      await Promise.all([...this.#sandboxes.values()].map((sandbox) => sandbox.catchUp()))
      this.liveRefs.repair(this.#standing())
      return { ...done, troubles, brokenBranches: desired.brokenBranches }
    })
  }

  /** Finishes a renaming that has begun, by this daemon or one before it. */
  finishRename(progress: Progress): Promise<void> {
    return this.#lock(() => this.#finishRename(progress))
  }

  /** Every sandbox that has a conf. Throws as `reconcile` does. */
  async sandboxNames(): Promise<readonly SandboxName[]> {
    return [...(await readDesired(this.#context)).sandboxes.values()].map(({ name }) => name)
  }

  /** Somebody is just getting or losing this name. */
  isRenaming(developer: string): boolean {
    return this.#renames.isUnderWay(developer)
  }

  /** What a developer of this name is called now, or will be when a renaming that is under way has ended. */
  async nameOf(developer: string): Promise<string> {
    await this.#renames.settled(developer)
    // Somebody else may have been given the name.
    return (await hasDeveloper(this.#context.layout, developer)) ? developer : this.#renames.nameOf(developer)
  }

  /**
   * The sandbox, also one that has never run. Waits for a renaming of its developer: nothing of theirs may begin to run meanwhile.
   * Throws SANDBOX_UNKNOWN.
   */
  async sandbox(name: SandboxName): Promise<Sandbox> {
    await this.#renames.settled(name.developer)
    const known = this.#sandboxes.get(sandboxKey(name))
    if (known !== undefined) return known
    const desired = await readDesired(this.#context)
    const developer = desired.developers.find((one) => one.name === name.developer)
    if (developer === undefined || !isServerName(name.server) || !desired.sandboxes.has(sandboxKey(name))) {
      throw new EdgeyardError('SANDBOX_UNKNOWN', `There is no ${name.server} of ${name.developer} in this yard`)
    }
    const sandbox = await this.#meet(name, developer.uid)
    // Who ends them all may have asked for them already.
    if (this.#closed) throw new EdgeyardError('YARD_NOT_RUNNING', 'The yard is going down')
    return sandbox
  }

  /** The conf it should run with, as last read: at the latest reconcile, and every push to serverctrl is one. Null without code. */
  async confOf(name: SandboxName): Promise<SandboxConf | null> {
    const { sandboxes } = this.#desired ?? (await readDesired(this.#context))
    return sandboxes.get(sandboxKey(name))?.target?.conf ?? null
  }

  /** What the confs of these say in vain, as last read. */
  warningsOf(names: readonly SandboxName[]): readonly Diagnostic[] {
    return warningsOf(names.flatMap((name) => this.#desired?.sandboxes.get(sandboxKey(name)) ?? []))
  }

  /** Moves one sandbox to where its branch is. */
  async move(name: SandboxName, options: MoveOptions = {}): Promise<CandidateFailure | null> {
    const sandbox = await this.sandbox(name)
    return await sandbox.move(async () => await this.#target(name), options)
  }

  async status(): Promise<YardStatus> {
    const { layout, settings } = this.#context
    const { host, sshPort, mysql } = settings
    const order = (developer: string) => this.#desired?.developers.findIndex(({ name }) => name === developer) ?? 0
    return {
      root: layout.root,
      version: this.#context.version,
      pid: process.pid,
      unit: systemdUnit(),
      ssh: { host, port: sshPort },
      viewer: { url: viewerUrl(settings), pid: this.#services.pid(VIEWER_KEY) },
      mysql: {
        socket: mysql === null ? layout.mysql.socket : null,
        host: mysql?.host ?? null,
        port: mysql?.port ?? null,
        pid: this.#services.pid(MYSQL_KEY),
      },
      redis: (this.#desired?.redis ?? []).map(({ developer, conf }) => ({
        developer: developer.name,
        port: conf.port,
        pid: this.#services.pid(redisKey(developer.name)),
      })),
      common: { commit: this.#desired?.common ?? null },
      services: this.#services.status(),
      sandboxes: [...this.#sandboxes.values()]
        .sort(
          (a, b) =>
            order(a.name.developer) - order(b.name.developer) ||
            SERVERS.indexOf(a.name.server) - SERVERS.indexOf(b.name.server),
        )
        .map((sandbox) => sandbox.status()),
    }
  }

  /** Restarts or empties a developer's Redis. Throws SANDBOX_UNKNOWN, SERVICE_FAILED, STORE_UNAVAILABLE. */
  async redis(developer: string, act: 'restart' | 'flush'): Promise<RedisStatus> {
    const redis = (await readDesired(this.#context)).redis.find((one) => one.developer.name === developer)
    if (redis === undefined)
      throw new EdgeyardError('SANDBOX_UNKNOWN', `There is no redis of ${developer} in this yard`)
    if (act === 'restart') await this.#services.restart(redisKey(developer))
    else await flushRedis(this.#context.layout, redis.developer, redis.conf)
    return { developer, port: redis.conf.port, pid: this.#services.pid(redisKey(developer)) }
  }

  async statusOf(name: SandboxName): Promise<SandboxStatus> {
    return (await this.sandbox(name)).status()
  }

  /** Begins nothing any more. Resolves when what is under way has been finished. */
  async halt(): Promise<void> {
    this.#closed = true
    await this.#lock(async () => {})
  }

  /** Halts; everything runs on. */
  async letGo(): Promise<void> {
    await this.halt()
    this.#services.leave()
    await Promise.all([...this.#sandboxes.values()].map((sandbox) => sandbox.close({ leaves: true })))
    await this.liveRefs.written()
  }

  /** Halts, then stops everything, in order. */
  async close(progress: Progress): Promise<void> {
    await this.halt()
    await Promise.all(
      [...this.#sandboxes.values()].map(async (sandbox) => {
        const was = sandbox.pid
        await sandbox.close()
        if (was !== null) progress(`${sandboxKey(sandbox.name)} stopped`)
      }),
    )
    // What a daemon before us left running, and a start that came to nothing has not taken up.
    const left = this.#adopted.filter(({ end }) => end === null)
    await Promise.all(left.map((process) => process.stop('SIGTERM', STOP_DEADLINE_MS)))
    await this.liveRefs.written()
    await this.#lock(() => this.#services.stopUsers(progress))
  }

  /** After `close`, when the daemon has said its last word. */
  closeCollector(progress: Progress): Promise<void> {
    return this.#services.stopCollector(progress)
  }

  /** Before anybody starts who must not connect. What went wrong is handed back: sandboxes are needed all the same. */
  async #closeNetwork({ developers, sandboxes }: DesiredYard): Promise<readonly unknown[]> {
    const { asRoot, log, netFilter, settings } = this.#context
    if (!asRoot) return []
    const plan = planNet({
      developers: developers.flatMap(({ name, uid }) => (uid === null ? [] : [{ name, uid }])),
      sandboxes: [...sandboxes.values()].map(({ name, conf }) => {
        const { port, storePorts } = readSandboxConf(name, conf)
        return { name, port, stores: storePorts }
      }),
      limits: settings.limits,
      outsideMysqlPort: settings.mysql?.port ?? null,
    })
    try {
      await netFilter.apply(plan)
      return []
    } catch (error) {
      log('crit', `Cannot filter connections: ${messageOf(error)}`)
      return [error]
    }
  }

  async #target(name: SandboxName): Promise<Target | null> {
    return (await readDesired(this.#context)).sandboxes.get(sandboxKey(name))?.target ?? null
  }

  /** Who connects to a sandbox that sleeps waits, whatever else is not up yet. */
  async #holdPorts(desired: DesiredYard, progress: Progress): Promise<readonly unknown[]> {
    const sleeps = [...desired.sandboxes.values()].some(({ target }) => target?.conf.sleepsOn)
    if (!sleeps || !this.#context.ports?.mayHold) return []
    const troubles = await this.#services.ensurePortKeeper(progress)
    // The others may be at work, which nobody waits for here.
    const resting = [...this.#sandboxes.values()].filter(({ rests }) => rests)
    await Promise.all(resting.map((sandbox) => sandbox.holdPorts()))
    return troubles
  }

  /** Everybody who is wanted, and everybody whom a daemon before us left running. */
  async #meetAll(desired: DesiredYard): Promise<void> {
    const uids = new Map(desired.developers.map(({ name, uid }) => [name, uid]))
    const left = this.#adopted.filter(({ end }) => end === null).map(({ run }) => run.source as SandboxName)
    const wanted = [...desired.sandboxes.values()].flatMap(({ name, target }) => (target === null ? [] : [name]))
    for (const name of [...wanted, ...left]) await this.#meet(name, uids.get(name.developer) ?? null)
    for (const { name, target } of desired.sandboxes.values()) {
      if (target !== null) this.#sandboxes.get(sandboxKey(name))?.see(target)
    }
  }

  async #meet(name: SandboxName, developerUid: number | null): Promise<Sandbox> {
    const key = sandboxKey(name)
    const memory = await readMemory(this.#context.layout, name, (file) =>
      this.#context.log(
        'crit',
        `${key}: its memory was spoilt and begins anew from what runs: it is not stopped, and no release has stood yet; the file is kept as ${file}.broken`,
      ),
    )
    const known = this.#sandboxes.get(key)
    if (known !== undefined) return known
    const sandbox = new Sandbox(this.#context, {
      name,
      uid: sandboxUid(developerUid, name.server),
      memory,
      onLive: (built, cause) => this.liveRefs.switched(name, built, cause),
      adopted: this.#adopted.filter(({ run, end }) => run.key === key && end === null),
      onFall: () => {
        this.move(name, { cause: { by: YARD, what: 'fall back' } }).catch((error: unknown) =>
          this.#context.log('crit', `Cannot bring back ${key}: ${messageOf(error)}`),
        )
      },
    })
    this.#sandboxes.set(key, sandbox)
    return sandbox
  }

  #standing(): readonly Standing[] {
    return [...this.#sandboxes.values()].map(({ name, actual: { live, memory } }) => ({
      ...{ name, live: live?.commit ?? null, stopped: memory.stopped },
    }))
  }

  async #act(desired: DesiredYard, progress: Progress, cause?: Cause): Promise<Pick<Reconciled, 'moved' | 'failures'>> {
    const wanted = [...desired.sandboxes.values()].flatMap(({ name, target }) =>
      target === null ? [] : [{ ...name, commit: target.commit, confHash: target.conf.hash }],
    )
    const actions = planSandboxes(
      wanted,
      [...this.#sandboxes.values()].map((sandbox) => sandbox.actual),
    )
    for (const action of actions) if (action.do === 'remove') await this.#remove(action.sandbox, progress)
    const moved: SandboxName[] = []
    const failures: CandidateFailure[] = []
    const queue = actions.filter((action) => action.do !== 'remove')
    const work = async () => {
      for (let action = queue.shift(); action !== undefined && !this.#closed; action = queue.shift()) {
        const failure = await this.#perform(action, progress, cause)
        if (failure === null) moved.push(action.sandbox)
        else failures.push(failure)
      }
    }
    await Promise.all(Array.from({ length: MOVES_AT_ONCE }, work))
    return { moved, failures }
  }

  async #perform(
    { do: what, sandbox: name }: SandboxAction,
    progress: Progress,
    cause: Cause | undefined,
  ): Promise<CandidateFailure | null> {
    const sandbox = await this.sandbox(name)
    if (what === 'stop') {
      await sandbox.stop()
      return null
    }
    const failure = await sandbox.move(async () => await this.#target(name), cause === undefined ? {} : { cause })
    if (!mayHearOf(cause?.by ?? YARD, name.developer)) return failure
    if (failure === null) progress(`${sandboxKey(name)} is ready: ${sandbox.status().url}`)
    else progress(`${sandboxKey(name)} is not ready: ${failure.message}`)
    return failure
  }

  async #finishRename(progress: Progress): Promise<void> {
    const renamed = await readRename(this.#context.layout)
    if (renamed !== null) await this.#renames.during(renamed, () => this.#rename(renamed, progress))
  }

  /** Nothing of the developer runs while the folders move: they are mounted, and written to. */
  async #rename(renamed: Rename, progress: Progress): Promise<void> {
    const { layout } = this.#context
    const { from, to } = renamed
    for (const [key, sandbox] of this.#sandboxes) {
      if (sandbox.name.developer !== from) continue
      await sandbox.close()
      // One that sleeps is closed, too; its port is asked for again under the new name.
      await this.#context.ports?.release(sandbox.name)
      this.#sandboxes.delete(key)
    }
    const left = this.#adopted.filter(({ run, end }) => end === null && run.source.developer === from)
    await Promise.all(left.map((process) => process.stop('SIGTERM', STOP_DEADLINE_MS)))
    await this.#services.stop(redisKey(from), progress)
    await this.liveRefs.alone(() => finishRename(layout, renamed))
    await forgetRename(layout)
    progress(`${from} is called ${to} now`)
  }

  async #remove(name: SandboxName, progress: Progress): Promise<void> {
    const key = sandboxKey(name)
    await this.#sandboxes.get(key)?.remove()
    this.#sandboxes.delete(key)
    progress(`${key} stopped: it is not in this yard any more`)
  }
}
