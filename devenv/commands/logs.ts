// `edgeyard logs [-f] SERVER [DEVELOPER]`: records in the terminal, newest last.
import { mkdir } from 'node:fs/promises'
import { EdgeyardError } from '../../servers/contract/errors.ts'
import { isDeveloperName } from '../../servers/contract/names.ts'
import { type LogRecord, parseRecordLine, RECORD_SOURCES, severityNumber } from '../../servers/contract/record.ts'
import type { CommandContext, ExitCode } from './context.ts'
import { followLines, readLastLines } from './log-files.ts'
import { plain, type Style, type Terminal } from './terminal.ts'

export interface LogsOptions {
  readonly follow?: boolean
  /** How many of the newest to begin with. */
  readonly lines: number
  readonly signal: AbortSignal
}

/** Throws `SANDBOX_UNKNOWN` when there can be no such logs. With `follow` it ends when the signal aborts. */
export async function logs(
  { layout, terminal }: CommandContext,
  server: string,
  developer: string,
  options: LogsOptions,
): Promise<ExitCode> {
  if (!(RECORD_SOURCES as readonly string[]).includes(server) || !isDeveloperName(developer)) {
    throw new EdgeyardError(
      'SANDBOX_UNKNOWN',
      `Cannot show logs of "${server}" of "${developer}": there are ${RECORD_SOURCES.join(', ')}`,
    )
  }
  const folder = layout.logs(server, developer)
  const show = (line: string) =>
    terminal.print(renderRecord(parseRecordLine(line, { server, developer }), terminal.paint))
  const { lines, place } = await readLastLines(folder, options.lines)
  for (const line of lines) show(line)
  if (lines.length === 0) terminal.tell(`No records of ${server} of ${developer} yet`)
  if (options.follow) {
    await mkdir(folder, { recursive: true })
    await followLines(folder, place, { onLine: show, signal: options.signal })
  }
  return 0
}

/** `10:11:12.123 error  message field=value`, the stack below, indented. Times are UTC, as in the files. */
export function renderRecord(record: LogRecord, paint: Terminal['paint']): string {
  const number = severityNumber(record.severity)
  const style: Style | null = number <= 3 ? 'red' : number === 4 ? 'yellow' : number === 7 ? 'dim' : null
  const severity = record.severity.padEnd(6)
  const fields = Object.entries(record.fields ?? {}).map(
    ([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  )
  const head = [
    paint('dim', record.time.replace('T', ' ').replace(/Z$/, '')),
    style === null ? severity : paint(style, severity),
    plain(record.message),
    ...fields.map((field) => paint('cyan', plain(field))),
    ...(record.request === undefined ? [] : [paint('dim', plain(record.request))]),
  ].join(' ')
  const stack =
    record.stack === undefined
      ? []
      : plain(record.stack)
          .split('\n')
          .map((line) => paint('dim', `    ${line}`))
  return [head, ...stack].join('\n')
}
