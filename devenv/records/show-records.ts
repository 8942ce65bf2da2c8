// Records of one source as lines of a terminal, newest last: what the operator's command and the ssh server print.
import { type LogRecord, parseRecordLine, receivedOf, severityNumber } from '../../servers/contract/record.ts'
import { followLines, readNewest } from './log-files.ts'
import { isAsked, type LogQuery } from './log-query.ts'
import { plain, plainJson } from './plain.ts'

export type Paint = (style: 'red' | 'yellow' | 'dim' | 'cyan', text: string) => string

export interface Showing {
  readonly developer: string
  readonly paint: Paint
  /** One record, of one or several lines. The next one waits for it. */
  print(text: string): void | Promise<void>
  /** Ends following. */
  readonly signal: AbortSignal
}

/** In the line of every count; in others too, perhaps, so the record decides. */
const COUNT = '"kind":"count"'

/** Resolves with how many of the newest were shown, when they are, or when following has ended. `folder` must be there to be followed. */
export async function showRecords(
  folder: string,
  query: LogQuery,
  { developer, paint, print, signal }: Showing,
): Promise<number> {
  const parse = (line: string) => parseRecordLine(line, { server: query.source, developer })
  const render = (record: LogRecord) => renderShown(record, query, paint)
  const asksAll = query.level === null && query.grep === null
  const { lines, place } = await readNewest(folder, {
    count: query.lines,
    accepts: (line) => (asksAll && !line.includes(COUNT)) || isAsked(query, parse(line)),
    isTooOld: (line) => query.sinceMs !== null && Date.parse(receivedOf(line) ?? '') < query.sinceMs,
  })
  for (const line of lines) if (!signal.aborted) await print(render(parse(line)))
  if (!query.follow) return lines.length
  const onLine = async (line: string) => {
    const record = parse(line)
    if (isAsked(query, record)) await print(render(record))
  }
  await followLines(folder, place, { onLine, signal })
  return lines.length
}

export function renderShown(record: LogRecord, { json }: LogQuery, paint: Paint): string {
  return json ? plainJson(record) : renderRecord(record, paint)
}

/** `10:11:12.123 error  message field=value`, all further lines indented, so that no text passes for a record. Times are UTC, as in the files. */
export function renderRecord(record: LogRecord, paint: Paint): string {
  const number = severityNumber(record.severity)
  const style = number <= 3 ? 'red' : number === 4 ? 'yellow' : number === 7 ? 'dim' : null
  const severity = record.severity.padEnd(6)
  const fields = Object.entries(record.fields ?? {}).map(
    ([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  )
  const head = [
    paint('dim', plain(record.time.replace('T', ' ').replace(/Z$/, ''))),
    style === null ? severity : paint(style, severity),
    plain(record.message),
    ...fields.map((field) => paint('cyan', plain(field))),
    ...(record.request === undefined ? [] : [paint('dim', plain(record.request))]),
  ]
    .join(' ')
    .replaceAll('\n', '\n    ')
  const stack =
    record.stack === undefined
      ? []
      : plain(record.stack)
          .split('\n')
          .map((line) => paint('dim', `    ${line}`))
  return [head, ...stack].join('\n')
}
