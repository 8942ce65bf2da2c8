// `edgeyard logs [-f] SERVER [DEVELOPER]`: records in the terminal, newest last. The log viewer finds them; where it is away, the files
// are read, which always are there.
import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { EdgeyardError, messageOf } from '../../servers/contract/errors.ts'
import { isDeveloperName } from '../../servers/contract/names.ts'
import { RECORD_SOURCES, type Severity } from '../../servers/contract/record.ts'
import { requireDeveloper } from '../developers/developers.ts'
import type { LogQuery } from '../records/log-query.ts'
import { showFromViewer } from '../records/show-from-viewer.ts'
import { showRecords } from '../records/show-records.ts'
import { openViewer, type ViewerClient } from '../records/viewer-client.ts'
import { askIfRunning, type CommandContext, type ExitCode } from './context.ts'

export interface LogsOptions {
  readonly follow?: boolean
  /** How many of the newest to begin with. */
  readonly lines: number
  /** Milliseconds since 1970. */
  readonly since?: number
  readonly level?: Severity
  readonly grep?: string
  /** As on the log page; only the viewer understands it. */
  readonly search?: string
  readonly json?: boolean
  readonly signal: AbortSignal
}

/**
 * Throws `SANDBOX_UNKNOWN` and `DEVELOPER_UNKNOWN` when there can be no such logs, `SERVICE_FAILED` for a search without the viewer.
 * With `follow` it ends when the signal aborts.
 */
export async function logs(
  context: CommandContext,
  server: string,
  developer: string,
  { follow = false, lines, since, level, grep, search, json = false, signal }: LogsOptions,
): Promise<ExitCode> {
  const { terminal } = context
  const source = RECORD_SOURCES.find((one) => one === server)
  if (source === undefined || !isDeveloperName(developer)) {
    throw new EdgeyardError(
      'SANDBOX_UNKNOWN',
      `Cannot show logs of "${server}" of "${developer}": there are ${RECORD_SOURCES.join(', ')}`,
    )
  }
  // Another host's records have a name of their own, and no developer.
  if (!existsSync(context.layout.logs(source, developer))) await requireDeveloper(context.layout, developer)
  const query = { source, follow, lines, sinceMs: since ?? null, level: level ?? null, grep: grep ?? null, json }
  const { paint, print, tell } = terminal
  const showing = { developer, paint, print, signal }
  const viewer = await reachViewer(context)
  let shown: number
  if ('ask' in viewer) {
    const again = () => reachAgain(context)
    try {
      shown = await showFromViewer(viewer, query, { ...showing, search: search ?? null, tell, again })
    } catch (error) {
      throw new EdgeyardError('SERVICE_FAILED', `Cannot show the logs: ${messageOf(error)}`, { cause: error })
    } finally {
      await viewer.close().catch(() => {})
    }
  } else {
    if (search !== undefined)
      throw new EdgeyardError('SERVICE_FAILED', `Cannot search: ${viewer.away}; --grep works without it`)
    if (viewer.away !== NOT_RUNNING) tell(`${viewer.away}; these are the files:`)
    shown = await showFiles(context, query, showing)
  }
  if (shown === 0 && !follow) tell(`No records of ${server} of ${developer} to show`)
  return 0
}

const NOT_RUNNING = 'the yard does not run'

async function showFiles(
  { layout }: CommandContext,
  query: LogQuery,
  showing: Parameters<typeof showRecords>[2],
): Promise<number> {
  const folder = layout.logs(query.source, showing.developer)
  if (query.follow) await mkdir(folder, { recursive: true })
  return await showRecords(folder, query, showing)
}

async function reachViewer(context: CommandContext): Promise<ViewerClient | { readonly away: string }> {
  const status = await askIfRunning(context, 'status', {}).catch(() => null)
  if (status === null) return { away: NOT_RUNNING }
  try {
    return await openViewer(context.layout, status.viewer.url)
  } catch (error) {
    return { away: `The log page does not answer (${messageOf(error)})` }
  }
}

async function reachAgain(context: CommandContext): Promise<ViewerClient> {
  const viewer = await reachViewer(context)
  if ('ask' in viewer) return viewer
  throw new EdgeyardError('SERVICE_FAILED', viewer.away)
}
