// Who may push what. Decided for all refs of a push together, before anything of it is looked at.
import { parseCtl } from '../../devenv/control/parse-verb.ts'
import type { RefUpdate } from '../../devenv/control/protocol.ts'
import { ctlVerbs } from '../../devenv/control/verbs.ts'
import { NO_COMMIT } from '../../devenv/git/git.ts'
import { COMMON, MASTER, type RepositoryName } from '../../servers/contract/names.ts'
import { refText } from './parse-updates.ts'

/** The developer whose key was proven, or the operator, who pushes over a local path. */
export type Pusher = { readonly operator: true } | { readonly operator: false; readonly developer: string }

export interface Push {
  readonly repository: RepositoryName
  readonly pusher: Pusher
  readonly updates: readonly RefUpdate[]
  /** Everybody's names, `master` among them. */
  readonly developers: readonly string[]
}

/** Refs shown at most when a push is refused; `--mirror` may bring thousands. */
const REFUSALS_MAX = 8

/** The reasons why a push is refused, one line each; empty when it may go on. */
export function authorise(push: Push): string[] {
  const { pusher, developers } = push
  // A connection outlives a name.
  if (!pusher.operator && !developers.includes(pusher.developer))
    return [`there is no developer "${pusher.developer}" any more; connect anew`]
  const refused = push.updates.flatMap((update) => refusal(update, push) ?? [])
  const verbs = push.updates.filter(({ ref }) => parseCtl(ref, push.repository) !== undefined)
  if (refused.length === 0 && verbs.length > 0 && push.updates.length > 1) {
    refused.push('refs/ctl takes one verb a push, and no branch beside it')
  }
  if (refused.length <= REFUSALS_MAX) return refused
  return [...refused.slice(0, REFUSALS_MAX), `… and ${refused.length - REFUSALS_MAX} refs more`]
}

/** The branch that a ref names, if it is a branch. */
export function branchOf(ref: string): string | undefined {
  return ref.startsWith('refs/heads/') ? ref.slice('refs/heads/'.length) : undefined
}

function refusal(update: RefUpdate, push: Push): string | undefined {
  const { ref, newCommit } = update
  const { pusher } = push
  const say = (reason: string) => `${refText(ref)}: ${reason}`
  const may = mayPush(push)
  const deletes = newCommit === NO_COMMIT

  if (push.repository === COMMON) {
    if (!isOperator(pusher) || ref !== `refs/heads/${MASTER}`) return say(may)
    return deletes ? say('the scripts of everybody may use it, it cannot be deleted') : undefined
  }
  if (ref.startsWith('refs/ctl/')) {
    if (pusher.operator)
      return say('refs/ctl is for developers; use "edgeyard restart SERVER DEVELOPER" and the like here')
    return deletes || parseCtl(ref, push.repository) === undefined ? say(may) : undefined
  }
  const branch = branchOf(ref)
  if (branch === undefined) return say(ref.startsWith('refs/tags/') ? `tags are not kept here; ${may}` : may)
  if (pusher.operator ? !push.developers.includes(branch) : branch !== pusher.developer) {
    return say(pusher.operator ? `there is no developer of this name; ${may}` : may)
  }
  return deletes ? say(`a branch is what runs, it cannot be deleted; ${may}`) : undefined
}

/** Over a local path, or with the key of master. */
function isOperator(pusher: Pusher): boolean {
  return pusher.operator || pusher.developer === MASTER
}

/** The sentence that says what is allowed. */
function mayPush({ pusher, repository, developers }: Push): string {
  if (repository === COMMON) return `the common library has one branch, ${MASTER}, and only the operator may push it`
  if (pusher.operator) return `the operator may push ${MASTER} and the branches of ${developersText(developers)}`
  const verbs = ctlVerbs(repository).join(',')
  return `${pusher.developer} may push to refs/heads/${pusher.developer} and refs/ctl/{${verbs}} only`
}

function developersText(developers: readonly string[]): string {
  const names = developers.filter((name) => name !== MASTER)
  return names.length === 0 ? 'developers, once there are some' : names.join(', ')
}
