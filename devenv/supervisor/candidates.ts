// The booted candidates of one sandbox, until a switch takes them or their time is up.
import { freemem, totalmem } from 'node:os'
import type { CandidateFailure } from '../control/protocol.ts'
import type { SandboxConf } from '../sandbox/sandbox-conf.ts'
import type { Booted } from './boot-candidate.ts'
import type { Target } from './launch-sandbox.ts'
import type { KeptProcess } from './processes.ts'

/** A candidate that nobody switches to belongs to a push whose hook has died. */
export const CANDIDATE_EXPIRES_MS = 60_000
/** Somebody who pushes faster than pushes end: the oldest try is given up. */
const CANDIDATES_MAX = 4
/** How long a candidate may take to run its stop hooks. */
const STOP_DEADLINE_MS = 5_000
/** A spare process starts so long after a switch, and while pushes are under way later by as much: who waits goes first. */
export const SPARE_AFTER_MS = 3_000
/** Who has not pushed for so long waits for a process to start. */
export const SPARE_EXPIRES_MS = 10 * 60_000
/** Of the machine's memory: with less of it free nothing is started that nobody has asked for. */
const FREE_SHARE_MIN = 0.1

export interface Candidates {
  /**
   * Starts a process with this conf for a release that will be asked for soon; it waits for that. There is one at most, also for
   * several who ask. What is given back ends it, if it was started here and has not been needed.
   */
  prepare(conf: SandboxConf): () => void
  /** Somebody is at work and will push again: in a moment a process with this conf is prepared, and waits for that for some minutes. */
  keepSpare(conf: SandboxConf): void
  /** Takes back `keepSpare`. */
  endSpare(): void
  /** Boots one, or waits with those who asked for the same. Null when it is ready. */
  boot(target: Target): Promise<CandidateFailure | null>
  /** Hands over a ready one, booting it if it is not there. It is the caller's from here on. */
  take(target: Target): Promise<Booted>
  /** Stops one that is not wanted after all. */
  drop(target: Target): Promise<void>
  /** The confs that are in use. */
  confHashes(): readonly string[]
  close(): Promise<void>
}

interface Entry {
  readonly target: Target
  readonly booted: Promise<Booted>
  expiry: NodeJS.Timeout | undefined
}

export interface CandidateStarts {
  /** Boots a target, in the process that was prepared for it, if there is one. */
  boot(target: Target, prepared: KeptProcess | null): Promise<Booted>
  /** `spare`: nobody waits for it yet, and there is time for more than a start. */
  prepare(conf: SandboxConf, spare: boolean): Promise<KeptProcess>
  /** Pushes are under way: nothing is started that nobody has asked for. */
  isBusy(): boolean
}

export function createCandidates(starts: CandidateStarts): Candidates {
  const entries = new Map<string, Entry>()
  let prepared: { readonly conf: SandboxConf; readonly process: Promise<KeptProcess | null> } | null = null
  let endSpare = () => {}
  const keyOf = ({ commit, conf }: Target) => `${commit} ${conf.hash}`

  const takePrepared = (conf: SandboxConf | undefined): Promise<KeptProcess | null> => {
    if (prepared === null || prepared.conf.hash !== conf?.hash) return Promise.resolve(null)
    const { process } = prepared
    prepared = null
    return process
  }
  const endPrepared = async () => {
    // Nothing of a developer's has run in it.
    await (await takePrepared(prepared?.conf))?.stop('SIGKILL', STOP_DEADLINE_MS)
  }
  const remove = async (key: string) => {
    const entry = entries.get(key)
    if (entry === undefined) return
    entries.delete(key)
    clearTimeout(entry.expiry)
    const booted = await entry.booted
    if ('ready' in booted) await booted.ready.stop('SIGTERM', STOP_DEADLINE_MS)
  }
  const add = (target: Target): Entry => {
    const key = keyOf(target)
    const oldest = [...entries.keys()][0]
    if (entries.size >= CANDIDATES_MAX && oldest !== undefined) void remove(oldest)
    const booted = takePrepared(target.conf).then((process) => starts.boot(target, process))
    const entry: Entry = { target, booted, expiry: undefined }
    entries.set(key, entry)
    void booted.then((result) => {
      if (entries.get(key) !== entry) return
      if ('failure' in result) entries.delete(key)
      else {
        entry.expiry = setTimeout(() => void remove(key), CANDIDATE_EXPIRES_MS).unref()
        void result.ready.ended.then(() => entries.get(key) === entry && entries.delete(key))
      }
    })
    return entry
  }

  const prepare = (conf: SandboxConf, spare: boolean) => {
    if (prepared?.conf.hash === conf.hash) return () => {}
    void endPrepared()
    // What is in the way is told by the boot, which tries again.
    const own = { conf, process: starts.prepare(conf, spare).catch(() => null) }
    prepared = own
    return () => void (prepared === own && endPrepared())
  }

  return {
    prepare: (conf) => prepare(conf, false),
    keepSpare(conf) {
      endSpare()
      const begin = () => {
        if (starts.isBusy()) return wait()
        if (freemem() < FREE_SHARE_MIN * totalmem()) return
        const end = prepare(conf, true)
        const expiry = setTimeout(end, SPARE_EXPIRES_MS).unref()
        endSpare = () => {
          clearTimeout(expiry)
          end()
        }
      }
      const wait = () => {
        const beginning = setTimeout(begin, SPARE_AFTER_MS).unref()
        endSpare = () => clearTimeout(beginning)
      }
      wait()
    },
    endSpare: () => endSpare(),
    async boot(target) {
      const booted = await (entries.get(keyOf(target)) ?? add(target)).booted
      return 'failure' in booted ? booted.failure : null
    },
    async take(target) {
      const entry = entries.get(keyOf(target)) ?? add(target)
      const booted = await entry.booted
      clearTimeout(entry.expiry)
      if (entries.get(keyOf(target)) === entry) entries.delete(keyOf(target))
      return booted
    },
    drop: (target) => remove(keyOf(target)),
    confHashes() {
      const confs = [...entries.values()].map(({ target }) => target.conf)
      return [...confs, ...(prepared === null ? [] : [prepared.conf])].map(({ hash }) => hash)
    },
    async close() {
      endSpare()
      await Promise.all([...[...entries.keys()].map(remove), endPrepared()])
    },
  }
}
