// git's pre-receive: the push walk up to the moment where git moves the refs. Nothing that runs has changed when it ends.
import { reportActs } from '../../devenv/control/audit-entry.ts'
import { callControl } from '../../devenv/control/call.ts'
import { parseCtl } from '../../devenv/control/parse-verb.ts'
import type { RefUpdate } from '../../devenv/control/protocol.ts'
import { runCommand } from '../../devenv/exec/run-command.ts'
import { gitCommand, NO_COMMIT } from '../../devenv/git/git.ts'
import { listBranches } from '../../devenv/git/refs.ts'
import { COMMON } from '../../servers/contract/names.ts'
import { releaseName } from '../../servers/contract/release.ts'
import type { Report } from '../report/report.ts'
import { authorise, branchOf } from '../validate/authorise.ts'
import { parseUpdates, refText } from '../validate/parse-updates.ts'
import type { HookContext } from './context.ts'
import type { HookCall } from './hook.ts'
import { readInput } from './run-hook.ts'
import { takeTurn } from './take-turn.ts'

/** Facts are a look into the daemon's memory. */
const FACTS_DEADLINE_MS = 10_000

export async function preReceive({ context, report, input }: HookCall): Promise<number> {
  const { layout, repository, pusher, by } = context
  const updates = parseUpdates(await readInput(input))
  const begin = performance.now()
  const tell = async (result: string) => {
    const ms = performance.now() - begin
    const said = report.said()
    const entries = updates.map(({ ref, oldCommit, newCommit }) => ({
      ...{ act: 'push', target: `${repository} ${refText(ref)}`, old: oldCommit, new: newCommit, result, ms, said },
    }))
    await reportActs(layout.control, by, entries)
  }
  const refuse = async (result: string) => {
    await tell(result)
    return 1
  }
  const facts = await callControl(layout.control, 'facts', {}, { signal: AbortSignal.timeout(FACTS_DEADLINE_MS) })
  const developers = facts.developers.map(({ name }) => name)
  const refusals = authorise({ repository, pusher, updates, developers })
  for (const refusal of refusals) report.line(`refused: ${refusal}`)
  if (refusals.length > 0) return await refuse(`refused: ${refusals[0]}`)
  // What refs/ctl asks for is answered by proc-receive.
  if (updates.some(({ ref }) => parseCtl(ref, repository))) return 0
  const turn = new AbortController()
  try {
    if (!(await takeTurn(context, { updates, report, done: turn.signal })))
      return await refuse('refused: a newer push took over')
    // Whoever was before us may have moved what this push is built on.
    if (await hasMoved(context, updates, report)) return await refuse('refused: the branch has moved')
    if (!(await receive({ context, updates, facts, report }))) return await refuse('refused')
    if (await hasMoved(context, updates, report)) return await refuse('refused: the branch has moved')
    await tell('done')
    return 0
  } finally {
    turn.abort()
  }
}

/**
 * Somebody else may have pushed while this push was built and booted. git compares once more when it moves the ref, but all
 * it says then is that it cannot lock it.
 */
async function hasMoved(
  { layout, repository }: HookContext,
  updates: readonly RefUpdate[],
  report: Report,
): Promise<boolean> {
  const tips = await listBranches(layout, repository)
  const moved = updates.flatMap(({ ref, oldCommit }) => {
    const tip = tips.get(branchOf(ref) ?? '') ?? NO_COMMIT
    return tip === oldCommit ? [] : [{ ref, tip }]
  })
  for (const { ref, tip } of moved) {
    const to = tip === NO_COMMIT ? 'is gone' : `has moved to ${await describe(layout.repository(repository), tip)}`
    report.line(`refused: ${ref} ${to} in the meantime; fetch, and push again`)
  }
  return moved.length > 0
}

/** `4f2a91c8e012 ("Faster", by Ana, 3 seconds ago)`. */
async function describe(folder: string, commit: string): Promise<string> {
  const args = ['log', '-1', '--no-show-signature', '--format="%s", by %an, %cr', '--end-of-options', commit]
  const { stdout } = await runCommand(gitCommand(folder, args))
  return `${releaseName(commit)} (${stdout.toString('utf8').trim()})`
}

async function receive({ context, ...push }: { context: HookContext } & Push): Promise<boolean> {
  const { repository } = context
  if (repository === 'serverctrl') {
    return await (await import('./receive-serverctrl.ts')).receiveServerctrl(context, push)
  }
  if (repository === COMMON) return await (await import('./receive-common.ts')).receiveCommon(context, push)
  return await (await import('./receive-scripts.ts')).receiveScripts(context, repository, push)
}

type Push = Parameters<typeof import('./receive-serverctrl.ts')['receiveServerctrl']>[1]
