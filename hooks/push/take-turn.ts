// A push waits for its turn: the daemon lets as many build and boot at a time as there are processors.
import { callControl } from '../../devenv/control/call.ts'
import { type RefUpdate, TURN_COMES } from '../../devenv/control/protocol.ts'
import { isServerName } from '../../servers/contract/names.ts'
import type { Report } from '../report/report.ts'
import { branchOf } from '../validate/authorise.ts'
import type { HookContext } from './context.ts'

/**
 * Resolves with true when it is our turn, which lasts until this process ends or `done` aborts; with false when a newer
 * push of the same developer to the same repository has taken our place, which has been told.
 */
export async function takeTurn(
  { layout, repository, pusher }: HookContext,
  { updates, report, done }: { updates: readonly RefUpdate[]; report: Report; done: AbortSignal },
): Promise<boolean> {
  // The operator pushes for many at once; none of these makes another superfluous.
  const key = pusher.operator ? null : `${repository}/${pusher.developer}`
  const sandboxes = isServerName(repository)
    ? updates.map(({ ref }) => ({ server: repository, developer: branchOf(ref)! }))
    : []
  return await new Promise((resolve) => {
    const onProgress = (line: string) => (line === TURN_COMES ? resolve(true) : report.line(line))
    callControl(layout.control, 'turn', { key, sandboxes }, { onProgress, signal: done }).then(
      ({ end }) => {
        if (end === 'replaced') {
          report.line(
            `refused: a newer push of yours to ${repository} took over while this one waited; nothing of it was tried`,
          )
        }
        resolve(end !== 'replaced')
        // Without a queue a push goes on at once; a daemon that is away is told of by those who need it.
      },
      () => resolve(true),
    )
  })
}
