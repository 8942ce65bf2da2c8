// A record on the wire: RFC 5424 with a JSON body, octet-counted (RFC 6587), so that a stack stays one record and every byte of
// a stream belongs to exactly one of them. Pure: whoever has a socket of rsyslog's writes what this returns.
import { type RecordBody, type Severity, severityNumber } from './record.ts'

/** The longest frame. What is longer is cut, and says so in its text: a record must not be lost for being long. */
export const FRAME_BYTES_MAX = 64 * 1024

/** What a frame that has to be cut leaves of each part, as JSON; together with the rest they fit FRAME_BYTES_MAX. */
const CUT_BYTES_MAX = { message: 16 * 1024, stack: 16 * 1024, fields: 24 * 1024, name: 256 } as const

/** syslog's facilities (RFC 5424 section 6.2.1), by number, under nginx's names. */
export const FACILITIES = [
  ...[
    'kern',
    'user',
    'mail',
    'daemon',
    'auth',
    'intern',
    'lpr',
    'news',
    'uucp',
    'clock',
    'authpriv',
    'ftp',
    'ntp',
    'audit',
  ],
  ...['alert', 'cron', 'local0', 'local1', 'local2', 'local3', 'local4', 'local5', 'local6', 'local7'],
] as const
export type Facility = (typeof FACILITIES)[number]

/** Of records. */
const FACILITY = FACILITIES.indexOf('local0')

/** RFC 5424's limit for APP-NAME. */
const TAG_LENGTH_MAX = 48

/**
 * One frame: the length, a blank, the RFC 5424 line. `tag` becomes the APP-NAME, that is the server's name; who the developer is,
 * is never said: the socket tells. Throws what JSON.stringify throws: the body must be plain JSON.
 */
export function frameRecord(tag: string, body: RecordBody): Buffer {
  const priority = FACILITY * 8 + severityNumber(body.severity)
  const head = `<${priority}>1 ${body.time} - ${printableTag(tag)} ${body.pid} - - `
  let line = head + JSON.stringify(body)
  if (Buffer.byteLength(line) + '65536 '.length > FRAME_BYTES_MAX) line = head + JSON.stringify(cutBody(body))
  return Buffer.from(`${Buffer.byteLength(line)} ${line}`)
}

export interface TextHead {
  readonly tag: string
  readonly severity: Severity
  readonly facility: Facility
  readonly pid: number
  /** ISO 8601 UTC. */
  readonly time: string
}

/** One frame with a plain line, such as an access log's, instead of a record. What is longer than FRAME_BYTES_MAX is cut. */
export function frameText({ tag, severity, facility, pid, time }: TextHead, text: string): Buffer {
  const priority = FACILITIES.indexOf(facility) * 8 + severityNumber(severity)
  const line = Buffer.from(`<${priority}>1 ${time} - ${printableTag(tag)} ${pid} - - ${text}`)
  const frame = line.subarray(0, FRAME_BYTES_MAX - '65536 '.length)
  return Buffer.concat([Buffer.from(`${frame.length} `), frame])
}

function printableTag(tag: string): string {
  return tag.replace(/[^!-~]/g, '_').slice(0, TAG_LENGTH_MAX) || '-'
}

function cutBody(body: RecordBody): RecordBody {
  const fieldBytes = body.fields === undefined ? 0 : jsonBytes(body.fields)
  return {
    ...body,
    message: cutText(body.message, CUT_BYTES_MAX.message),
    ...(body.release === undefined ? {} : { release: cutText(body.release, CUT_BYTES_MAX.name) }),
    ...(body.request === undefined ? {} : { request: cutText(body.request, CUT_BYTES_MAX.name) }),
    ...(body.stack === undefined ? {} : { stack: cutText(body.stack, CUT_BYTES_MAX.stack) }),
    ...(fieldBytes <= CUT_BYTES_MAX.fields ? {} : { fields: { cut: `${fieldBytes} bytes of fields` } }),
  }
}

/** The beginning of a text, as long as its JSON fits `bytesMax`, with a note of how much there was. */
function cutText(text: string, bytesMax: number): string {
  if (jsonBytes(text) <= bytesMax) return text
  const note = ` … [cut: ${text.length} characters]`
  let length = text.length
  for (let bytes = jsonBytes(text); bytes > bytesMax; ) {
    length = Math.floor((length * (bytesMax - note.length - 4)) / bytes)
    // Half of a surrogate pair at the end would be no character.
    const head = text.slice(0, length).replace(/[\ud800-\udbff]$/, '')
    bytes = jsonBytes(head + note)
    if (bytes <= bytesMax) return head + note
  }
  return note
}

function jsonBytes(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value))
}
