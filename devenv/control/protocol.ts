// What is asked of the daemon over its control socket: one JSON object a line. A request is answered by any number of
// progress lines and then one result. The CLI, the git hooks and the SSH server all speak it.
import type { Diagnostic } from '../../servers/contract/diagnostic.ts'
import type { RepositoryName, SandboxName, ServerName } from '../../servers/contract/names.ts'
import type { BuiltCommit } from '../../servers/contract/release.ts'
import type { YardFacts } from '../../templates/render.ts'
import type { YardQuotas } from '../sandbox/quotas.ts'
import type { AuditEntry } from './audit-entry.ts'
import type { By } from './by.ts'

/** start → ready → draining → stopped, as everywhere; `failed`: it crashed and waits for its next try; `sleeping`: nobody used it,
 * and who connects starts it. */
export type SandboxState = 'starting' | 'ready' | 'draining' | 'stopped' | 'failed' | 'sleeping'

/** `sandboxes[]` of `edgeyard status --json`. */
export interface SandboxStatus {
  readonly server: ServerName
  readonly developer: string
  readonly state: SandboxState
  /** Why it is `failed`, or runs something else than its branch says: `crashed 5 times, next try in 4 s`, `fallen from R`. */
  readonly reason: string | null
  /** What a client connects to, e.g. `ws://127.0.0.1:1081/hhl`. */
  readonly url: string
  readonly port: number
  readonly pid: number | null
  readonly release: string | null
  /** Of the script. */
  readonly commit: string | null
  /** Of the common library that the release was built with; null for one that does not use it. */
  readonly common: string | null
  readonly uptimeMs: number | null
  readonly rssBytes: number | null
  /** Restarts nobody asked for since the daemon first started this release. */
  readonly restarts: number
}

/** A process that the yard itself needs. */
export interface ServiceStatus {
  /** `redis/dev1`, `mysql`, `rsyslog`, `viewer`, `ports`. */
  readonly key: string
  readonly pid: number | null
  /** What is, or lately was, wrong with it: `hung, and was started again 8 s ago`; null when all is well. For people. */
  readonly trouble: string | null
}

/** What `edgeyard status --json` prints. */
export interface YardStatus {
  readonly root: string
  /** Of the daemon's own edgeyard, e.g. `0.1.0`. */
  readonly version: string
  readonly pid: number
  /** The unit of systemd that runs the daemon, e.g. `edgeyard.service`; null: none does. A daemon before this edgeyard does not say. */
  readonly unit?: string | null
  readonly ssh: { readonly host: string; readonly port: number }
  readonly viewer: { readonly url: string; readonly pid: number | null }
  readonly mysql: {
    readonly socket: string | null
    readonly host: string | null
    readonly port: number | null
    readonly pid: number | null
  }
  readonly redis: readonly RedisStatus[]
  /** Where the common library is; null while there is none. */
  readonly common: { readonly commit: string | null }
  readonly services: readonly ServiceStatus[]
  readonly sandboxes: readonly SandboxStatus[]
}

/** One ref of a push, as `pre-receive` reads it; 40 zeros for a ref that is made or deleted. */
export interface RefUpdate {
  readonly ref: string
  readonly oldCommit: string
  readonly newCommit: string
}

/** A sandbox's next release or conf: what a push asks to boot before it may become true. */
export interface Candidate extends SandboxName {
  readonly commit: BuiltCommit
  readonly conf: string
}

/** Why one candidate of a push did not get ready: what the developer reads behind `remote:`. */
export interface CandidateFailure extends SandboxName {
  readonly message: string
  /** file:line:column, line and caret of the script, where they are known. */
  readonly diagnostic?: Diagnostic
  /** It could not be tried at all, through no fault of its own: a port is taken, the disk is full. */
  readonly fault?: 'yard'
  /** Nothing of the sandbox runs now; otherwise what ran before does. */
  readonly down?: true
  /** The last lines that the candidate logged or wrote to stderr, oldest first. */
  readonly lastLines: readonly string[]
}

/** What a push is judged by. */
export interface PushFacts extends YardFacts {
  readonly quotas: YardQuotas
  /** Bytes that developers' branches hold in the repositories, as last counted. Who is not named has not been counted yet. */
  readonly repositoryBytes: Readonly<Record<string, number>>
}

/** The progress line of `turn` that says: now. */
export const TURN_COMES = 'go'

/** A release that was live once: the newest of its entries in the sandbox's log of switches. */
export interface ReleaseEntry extends SandboxName {
  readonly release: string
  readonly commit: string
  readonly common: string | null
  /** The first line of its commit's message, printable. */
  readonly subject: string
  /** When it last went live, ISO 8601 UTC; by whom, and through what: `push`, `rollback`, `restart` … */
  readonly at: string
  readonly who: string
  readonly what: string
  /** Built and on disk: it goes live in the time of a start. */
  readonly kept: boolean
  readonly live: boolean
}

/** What a rollback has come to. */
export interface RollbackResult {
  readonly sandbox: SandboxStatus
  /** The release that was live before; null when nothing ran. */
  readonly from: string | null
  readonly to: string
  readonly entry: ReleaseEntry
  /** Commits of the branch, before and now. */
  readonly branch: { readonly old: string; readonly new: string }
}

/** A developer's Redis. */
export interface RedisStatus {
  readonly developer: string
  readonly port: number
  readonly pid: number | null
}

/** Every verb: what it takes and what it returns. */
export interface ControlVerbs {
  status: { params: Record<string, never>; result: YardStatus }
  /** What a push needs to know of the yard: developers, ports, secrets, quotas. */
  facts: { params: Record<string, never>; result: PushFacts }
  /**
   * A push waits until a processor is free for it, first come, first served. Progress lines say how many are before it,
   * and {@link TURN_COMES} when it may go on. Its turn lasts as long as the connection. Answered only when there is none:
   * a newer push for the same `key` has taken its place while it waited (a null key is never replaced). For its
   * `sandboxes` a process is started when its turn comes.
   */
  turn: {
    params: { key: string | null; sandboxes: readonly SandboxName[] }
    result: { readonly end: 'replaced' | 'late' }
  }
  /** The confs of a server's sandboxes by developer, of some or (null) of all, as serverctrl stands. Throws TEMPLATE_INVALID with diagnostics. */
  confs: {
    params: { server: ServerName; developers: readonly string[] | null }
    result: { confs: Readonly<Record<string, string>> }
  }
  /**
   * Boots the candidates that differ from what runs and waits until each is ready. They do not listen yet. All or none:
   * when one fails, the others are stopped. A booted candidate waits for `switch` for a bounded time.
   */
  boot: {
    params: { candidates: readonly Candidate[] }
    result: { booted: readonly SandboxName[]; failures: readonly CandidateFailure[] }
  }
  /** Moves everything the refs name to where the refs are now. Resolves when each is live; progress lines tell. */
  switch: {
    params: { repository: RepositoryName; updates: readonly RefUpdate[] }
    result: { live: readonly SandboxStatus[]; failures: readonly CandidateFailure[] }
  }
  restart: { params: SandboxName; result: SandboxStatus }
  stop: { params: SandboxName; result: SandboxStatus }
  start: { params: SandboxName; result: SandboxStatus }
  /** The running process loads its conf and scripts once more. Throws RELOAD_FAILED: then nothing has changed. */
  reload: { params: SandboxName; result: SandboxStatus }
  /** What was live, newest first; of one server or of all. */
  releases: {
    params: { server: ServerName | null; developer: string }
    result: { releases: readonly ReleaseEntry[] }
  }
  /**
   * Boots an older release, moves the branch to its commit and switches. Null: the one that was live before. Throws
   * RELEASE_UNKNOWN, BRANCH_MOVED when a push was quicker, SCRIPT_START_FAILED; then nothing has changed.
   */
  rollback: { params: SandboxName & { release: string | null }; result: RollbackResult }
  /** Restarts or empties a developer's own Redis. Throws SERVICE_FAILED, STORE_UNAVAILABLE. */
  redis: { params: { developer: string; act: 'restart' | 'flush' }; result: RedisStatus }
  /** Makes a sandbox take debuggers for a while. Resolves with the socket (servers/contract/debug.ts) when it does. */
  debug: { params: SandboxName; result: { readonly socket: string } }
  /** Reads developers and refs again and makes the yard agree; settings are those it started with. Resolves when it does. */
  reconcile: { params: Record<string, never>; result: YardStatus }
  /** Writes audit records of what was done outside of the daemon: a push refused by its hooks, a key that was added. */
  audit: { params: { entries: readonly AuditEntry[] }; result: Record<string, never> }
  /** Gives a developer another name; their own sandboxes are stopped for a moment. Throws DEVELOPER_UNKNOWN, DEVELOPER_EXISTS. */
  rename: { params: { from: string; to: string }; result: YardStatus }
  /** Waits for a yard that is coming up; progress lines tell how it does. Throws what keeps it from that. */
  up: { params: Record<string, never>; result: Record<string, never> }
  /** Stops everything, in order, then the daemon itself. */
  down: { params: Record<string, never>; result: Record<string, never> }
  /**
   * The daemon takes no more acts, finishes those under way, lets go of root, control socket and ssh port, and exits; what
   * runs runs on, for the next daemon to adopt.
   */
  'hand-over': { params: Record<string, never>; result: Record<string, never> }
}

export type ControlVerb = keyof ControlVerbs

export type ControlRequest<Verb extends ControlVerb = ControlVerb> = {
  readonly verb: Verb
  readonly params: ControlVerbs[Verb]['params']
  readonly by: By
}

export type ControlAnswer =
  | { readonly type: 'progress'; readonly line: string }
  | { readonly type: 'result'; readonly result: unknown }
  | {
      readonly type: 'error'
      readonly code: string
      readonly message: string
      readonly diagnostics: readonly Diagnostic[]
    }
