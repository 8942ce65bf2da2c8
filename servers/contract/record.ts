// One log line: what a server writes, rsyslog stores and the viewer reads.

/** syslog's severities (RFC 5424 section 6.2.1), by number. */
export const SEVERITIES = ['emerg', 'alert', 'crit', 'error', 'warn', 'notice', 'info', 'debug'] as const
export type Severity = (typeof SEVERITIES)[number]

/** Whose records a yard holds beside the servers': its own, its Redis processes'. */
export const RECORD_SOURCES = ['httpserver', 'socketserver', 'dtserver', 'redis', 'mysql', 'edgeyard'] as const

/**
 * What a record is, when it is not what somebody has logged. `access`: a line of an `access_log`, which has a run of its own. `count`: how
 * many there were so far, for `createGapFinder`; nobody needs to be shown it, unless some are missing right before it.
 */
export const RECORD_KINDS = ['access', 'count'] as const
export type RecordKind = (typeof RECORD_KINDS)[number]

/** The JSON object that a server puts into the message of a syslog line; the parts that only the writer knows. */
export interface RecordBody {
  /** When it was written, ISO 8601 UTC with milliseconds. */
  readonly time: string
  readonly severity: Severity
  readonly message: string
  readonly pid: number
  readonly kind?: RecordKind
  /** Which counting `seq` belongs to (`createRun`): one for each process, log file and kind. */
  readonly run?: string
  /** Counts up from 1 per run: a hole is a lost record (`createGapFinder`). */
  readonly seq?: number
  readonly release?: string
  /** `$request_id` of the request or socket event it belongs to. */
  readonly request?: string
  /** The stack of an error in TypeScript lines, several lines. */
  readonly stack?: string
  /** What the script passed as fields. */
  readonly fields?: Readonly<Record<string, unknown>>
}

/** A line of `<root>/<server>/<developer>/logs/<UTC day>.jsonl`: the body, and what only the receiver may say. */
export interface LogRecord extends Omit<RecordBody, 'seq' | 'pid'> {
  readonly seq?: number
  readonly pid?: number
  /** From the input the line came through, never from its text: nobody can sign another's lines. */
  readonly developer: string
  readonly server: string
  /** When it was received, ISO 8601 UTC. */
  readonly received: string
}

/** The number of a severity, 0 (emerg) to 7 (debug). */
export function severityNumber(severity: Severity): number {
  return SEVERITIES.indexOf(severity)
}

const ALIASES: ReadonlyMap<string, Severity> = new Map([
  ['err', 'error'],
  ['warning', 'warn'],
  ['critical', 'crit'],
  ['panic', 'emerg'],
])

/** nginx and winston call some severities differently (`err`, `warning`, `critical`); undefined when it is none. */
export function parseSeverity(text: string): Severity | undefined {
  const lower = text.toLowerCase()
  return SEVERITIES.find((severity) => severity === lower) ?? ALIASES.get(lower)
}

/** How every line of the collector's begins; its idea of JSON is wider than ours (`NaN`), so the rest may not parse. */
const RECEIVED = /^\{"received":"([^"]{1,30})"/

/** Of objects in objects, in whatever somebody has sent: what is parsed without end could not be rendered again. Our logger stops long before. */
const FIELDS_DEPTH_MAX = 100
/** A shorter line cannot be so deep that it matters, and most lines are. */
const DEEP_LENGTH_MIN = 2048

/** When a line of a log file was received, without parsing the rest of it; undefined for a line that is not the collector's. */
export function receivedOf(line: string): string | undefined {
  return RECEIVED.exec(line)?.[1]
}

/** Reads one line of a log file. A line that is not ours becomes a record of unknown severity (`notice`) with the text as it stands. */
export function parseRecordLine(line: string, origin: { server: string; developer: string }): LogRecord {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch {
    value = undefined
  }
  const body = typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : { message: line }
  const text = (key: string) => (typeof body[key] === 'string' ? (body[key] as string) : undefined)
  const whole = (key: string) => (Number.isSafeInteger(body[key]) ? (body[key] as number) : undefined)
  // The collector's own word stands first; a second `received` further on would be the sender's.
  const received = receivedOf(line) ?? text('received') ?? text('time') ?? ''
  const fields = body.fields
  // A property after the other: a spread for each costs as much as all the rest.
  const record: { -readonly [Key in keyof LogRecord]: LogRecord[Key] } = {
    server: origin.server,
    developer: origin.developer,
    time: text('time') ?? received,
    received,
    severity: parseSeverity(text('severity') ?? '') ?? 'notice',
    message: text('message') ?? line,
  }
  const kind = RECORD_KINDS.find((each) => each === body.kind)
  if (kind !== undefined) record.kind = kind
  const run = text('run')
  if (run !== undefined) record.run = run
  const seq = whole('seq')
  if (seq !== undefined) record.seq = seq
  const pid = whole('pid')
  if (pid !== undefined) record.pid = pid
  const release = text('release')
  if (release !== undefined) record.release = release
  const request = text('request')
  if (request !== undefined) record.request = request
  const stack = text('stack')
  if (stack !== undefined) record.stack = stack
  if (typeof fields === 'object' && fields !== null) {
    const isTooDeep = line.length > DEEP_LENGTH_MIN && isDeeperThan(fields, FIELDS_DEPTH_MAX)
    record.fields = isTooDeep ? { cut: `more than ${FIELDS_DEPTH_MAX} deep` } : (fields as Record<string, unknown>)
  }
  return record
}

function isDeeperThan(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  return depth === 0 || Object.values(value).some((inner) => isDeeperThan(inner, depth - 1))
}
