// `edgeyard logs [-f] SERVER [DEVELOPER]`: records in the terminal, newest last.
import { mkdir } from 'node:fs/promises'
import { EdgeyardError } from '../../servers/contract/errors.ts'
import { isDeveloperName } from '../../servers/contract/names.ts'
import { RECORD_SOURCES, type Severity } from '../../servers/contract/record.ts'
import { showRecords } from '../records/show-records.ts'
import type { CommandContext, ExitCode } from './context.ts'

export interface LogsOptions {
  readonly follow?: boolean
  /** How many of the newest to begin with. */
  readonly lines: number
  /** Milliseconds since 1970. */
  readonly since?: number
  readonly level?: Severity
  readonly json?: boolean
  readonly signal: AbortSignal
}

/** Throws `SANDBOX_UNKNOWN` when there can be no such logs. With `follow` it ends when the signal aborts. */
export async function logs(
  { layout, terminal }: CommandContext,
  server: string,
  developer: string,
  { follow = false, lines, since = undefined, level, json = false, signal }: LogsOptions,
): Promise<ExitCode> {
  const source = RECORD_SOURCES.find((one) => one === server)
  if (source === undefined || !isDeveloperName(developer)) {
    throw new EdgeyardError(
      'SANDBOX_UNKNOWN',
      `Cannot show logs of "${server}" of "${developer}": there are ${RECORD_SOURCES.join(', ')}`,
    )
  }
  const folder = layout.logs(server, developer)
  const query = { source, follow, lines, sinceMs: since ?? null, level: level ?? null, json }
  if (follow) await mkdir(folder, { recursive: true })
  const { paint, print } = terminal
  const shown = await showRecords(folder, query, { developer, paint, print, signal })
  if (shown === 0 && !follow) terminal.tell(`No records of ${server} of ${developer} to show`)
  return 0
}
