// The confs of a server's sandboxes, from the daemon.
import { callControl } from '../../devenv/control/call.ts'
import type { YardLayout } from '../../devenv/sandbox/layout.ts'
import { EdgeyardError, isEdgeyardError } from '../../servers/contract/errors.ts'
import type { ServerName } from '../../servers/contract/names.ts'

/** Rendering is a look into the daemon's memory, unless serverctrl has just changed. */
const CONFS_DEADLINE_MS = 10_000

/** By developer, of some or (null) of all. Throws `TEMPLATE_INVALID` with diagnostics when serverctrl cannot be rendered. */
export async function readConfs(
  layout: YardLayout,
  server: ServerName,
  developers: readonly string[] | null,
): Promise<Readonly<Record<string, string>>> {
  try {
    const signal = AbortSignal.timeout(CONFS_DEADLINE_MS)
    return (await callControl(layout.control, 'confs', { server, developers }, { signal })).confs
  } catch (error) {
    if (!isEdgeyardError(error) || error.code !== 'TEMPLATE_INVALID') throw error
    const { diagnostics } = error
    const message = 'Cannot render the conf: serverctrl is broken; tell the operator'
    throw new EdgeyardError('TEMPLATE_INVALID', message, { diagnostics, cause: error })
  }
}
