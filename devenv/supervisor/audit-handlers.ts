// The control socket's verbs that act, each with its audit record.
import { type SandboxName, sandboxKey } from '../../servers/contract/names.ts'
import type { AuditEntry } from '../control/audit-entry.ts'
import type { By } from '../control/by.ts'
import type { RefUpdate, SandboxStatus } from '../control/protocol.ts'
import type { ControlHandlers } from '../control/serve.ts'
import { NO_COMMIT } from '../git/git.ts'
import { type Audit, audited } from './audit.ts'

/** `statusOf` tells what runs before and after, `nameOf` what a developer is called now. */
export function withAudit(
  handlers: ControlHandlers,
  {
    audit,
    statusOf,
    nameOf,
  }: {
    audit: Audit
    statusOf(name: SandboxName): Promise<SandboxStatus>
    nameOf(developer: string): Promise<string>
  },
): ControlHandlers {
  const onSandbox =
    <P extends SandboxName, T>(act: string, run: OnSandbox<P, T>, stateOf = whatRuns): OnSandbox<P, T> =>
    (name, progress, by) => {
      const state = async () => stateOf(await statusOf(name))
      return audited(audit, by, { act, target: sandboxKey(name), state, run: () => run(name, progress, by) })
    }
  return {
    ...handlers,
    restart: onSandbox('restart', handlers.restart),
    stop: onSandbox('stop', handlers.stop),
    start: onSandbox('start', handlers.start),
    reload: onSandbox('reload', handlers.reload),
    // What is stopped or asleep goes back, too: the branch moves.
    rollback: onSandbox('rollback', handlers.rollback, ({ release }) => release),
    debug: onSandbox('debug', handlers.debug),
    redis(params, progress, by) {
      const run = () => handlers.redis(params, progress, by)
      return audited(audit, by, { act: `redis ${params.act}`, target: `redis/${params.developer}`, run })
    },
    rename(names, progress, by) {
      let name = names.from
      const run = async () => {
        const status = await handlers.rename(names, progress, by)
        name = names.to
        return status
      }
      return audited(audit, by, { act: 'dev rename', target: names.from, state: async () => name, run })
    },
    async switch(params, progress, by) {
      const begin = performance.now()
      const tell = (resultOf: (update: RefUpdate) => string) => {
        const ms = performance.now() - begin
        for (const update of params.updates) audit(by, pushEntry(params.repository, update, resultOf(update), ms))
      }
      const result = await handlers.switch(params, progress, by).catch((error: unknown) => {
        tell(() => 'accepted, not switched')
        throw error
      })
      const failed = new Map(result.failures.map(({ developer, message }) => [developer, message]))
      const names = new Map<string, string>()
      // A failure is told under the name that the push was followed to.
      if (failed.size > 0) for (const { ref } of params.updates) names.set(ref, await nameOf(ref.replace(HEADS, '')))
      tell(({ ref }) => failed.get(names.get(ref) ?? '') ?? 'done')
      return result
    },
    'hand-over': (params, progress, by) => {
      audit(by, { act: 'hand-over', target: 'yard', old: null, new: null, result: 'done', ms: 0 })
      return handlers['hand-over'](params, progress, by)
    },
    down: (params, progress, by) => {
      audit(by, { act: 'down', target: 'yard', old: null, new: null, result: 'done', ms: 0 })
      return handlers.down(params, progress, by)
    },
    async audit({ entries }, _progress, by) {
      for (const entry of entries) audit(by, entry)
      return {}
    },
  }
}

const HEADS = /^refs\/heads\//

type State = Pick<SandboxStatus, 'pid' | 'release'>

function whatRuns({ pid, release }: State): string | null {
  return pid === null ? null : release
}

type OnSandbox<P extends SandboxName, T> = (name: P, progress: (line: string) => void, by: By) => Promise<T>

function pushEntry(
  repository: string,
  { ref, oldCommit, newCommit }: RefUpdate,
  result: string,
  ms: number,
): AuditEntry {
  return {
    ...{ act: 'push', target: `${repository} ${ref}`, result, ms },
    old: oldCommit === NO_COMMIT ? null : oldCommit,
    new: newCommit === NO_COMMIT ? null : newCommit,
  }
}
