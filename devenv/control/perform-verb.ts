// A verb asked of the daemon, and its answer for a person and for a program: the same over ssh, refs/ctl and the command line.
import { EdgeyardError } from '../../servers/contract/errors.ts'
import { MASTER, type SandboxName } from '../../servers/contract/names.ts'
import { renderDebugHints } from '../sandbox/debug-hints.ts'
import type { By } from './by.ts'
import { callControl } from './call.ts'
import type { VerbCall } from './parse-verb.ts'
import type { RollbackResult, SandboxStatus } from './protocol.ts'
import { renderReleases, renderSandboxes } from './render-status.ts'
import { renderHelp } from './verbs.ts'

export interface Asker {
  readonly socket: string
  /** Whose sandbox it is about. */
  readonly developer: string
  readonly by: By
  onProgress?(line: string): void
  readonly signal?: AbortSignal
}

export interface Answer {
  /** For a person: no control characters, no trailing newline. */
  readonly text: string
  /** What `--json` prints. */
  readonly json: unknown
  /** False when it was done and did not come to what was wanted. */
  readonly ok: boolean
}

/** Throws as {@link callControl} does. */
export async function performVerb(call: VerbCall, asker: Asker): Promise<Answer> {
  const { socket, developer, by } = asker
  const options = { by, onProgress: asker.onProgress, signal: asker.signal }
  switch (call.verb) {
    case 'help':
      return { text: renderHelp(call.of, ''), json: null, ok: true }
    case 'status': {
      const { sandboxes } = await callControl(socket, 'status', {}, options)
      // Master is everybody's base, so its key sees everybody.
      const own = sandboxes.filter(
        (one) => (developer === MASTER || one.developer === developer) && (call.server ?? one.server) === one.server,
      )
      const none = `${developer} has no ${call.server ?? 'sandbox'}`
      return { text: own.length > 0 ? renderSandboxes(own) : none, json: { sandboxes: own }, ok: true }
    }
    case 'releases': {
      const { releases } = await callControl(socket, 'releases', { server: call.server, developer }, options)
      const none = `nothing of ${developer} has been live yet`
      return { text: releases.length > 0 ? renderReleases(releases) : none, json: { releases }, ok: true }
    }
    case 'rollback': {
      const params = { ...sandboxOf(call, developer), release: call.release }
      const result = await callControl(socket, 'rollback', params, options)
      return { text: renderRollback(result), json: result, ok: true }
    }
    case 'redis restart':
    case 'redis flush': {
      const act = call.verb === 'redis flush' ? 'flush' : 'restart'
      const redis = await callControl(socket, 'redis', { developer, act }, options)
      const done = act === 'flush' ? 'is empty' : `runs anew, pid ${redis.pid}`
      return { text: `redis of ${developer} ${done}`, json: redis, ok: true }
    }
    case 'debug': {
      const name = sandboxOf(call, developer)
      await callControl(socket, 'debug', name, options)
      const { ssh } = await callControl(socket, 'status', {}, options)
      const target = by.who === developer ? name.server : (`${name.server}.${developer}` as const)
      return { text: renderDebugHints({ target, ...ssh }), json: null, ok: true }
    }
    default: {
      const after = await callControl(socket, call.verb, sandboxOf(call, developer), options)
      return { text: renderState(after), json: after, ok: after.state === (call.verb === 'stop' ? 'stopped' : 'ready') }
    }
  }
}

function sandboxOf({ server }: VerbCall, developer: string): SandboxName {
  if (server === null) throw new EdgeyardError('PROTOCOL', 'Cannot ask for this without a server')
  return { server, developer }
}

function renderState({ server, developer, state, release }: SandboxStatus): string {
  return `${server} of ${developer} is ${state}${release ? `, release ${release}` : ''}`
}

function renderRollback({ sandbox, from, to, entry, branch }: RollbackResult): string {
  const { server, developer, state } = sandbox
  const when = entry.at.slice(0, 16).replace('T', ' ')
  const subject = entry.subject === '' ? '' : ` "${entry.subject}"`
  const serves = state === 'ready' ? 'is back at' : `is ${state}, and will start as`
  const before = from === null || from === to ? '' : `; ${from} was live before`
  return [
    `${server} of ${developer} ${serves} release ${to}${subject}, last gone live at ${when} UTC${before}`,
    `branch ${developer} now stands at ${branch.new.slice(0, 12)}; a push that builds on it, or a forced one, goes live as always`,
    `to work on from there: git fetch && git reset --keep origin/${developer}`,
  ].join('\n')
}
