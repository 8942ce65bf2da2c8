// A record on the wire: RFC 5424 with a JSON body, octet-counted (RFC 6587), so that a stack stays one record and every byte of
// a stream belongs to exactly one of them. Pure: whoever has a socket of rsyslog's writes what this returns.
import { type RecordBody, SEVERITIES, severityNumber } from './record.ts'

/** The longest frame. What is longer is cut, and says so in its text: a record must not be lost for being long. */
export const FRAME_BYTES_MAX = 64 * 1024

/** Of a frame's length and the blank behind it, at most. */
const LENGTH_DIGITS = '65536 '.length

/** What a frame that has to be cut leaves of each part, as JSON; together with the rest they fit FRAME_BYTES_MAX. */
const CUT_BYTES_MAX = { message: 16 * 1024, stack: 16 * 1024, fields: 24 * 1024, name: 256 } as const

/** local0, of RFC 5424 section 6.2.1. */
const FACILITY = 16

/**
 * The structured data that marks a record: the collector writes its message down as it stands, while it looks closely at whatever comes
 * without. The number is the one that RFC 5612 leaves to whoever has none.
 */
const STRUCTURE = 'edgeyard@32473'

/** RFC 5424's limit for APP-NAME. */
const TAG_LENGTH_MAX = 48

/** A record before it was given a number. */
export type UnnumberedBody = Omit<RecordBody, 'run' | 'seq'>

export interface Framer {
  /** How many records it has numbered. */
  readonly count: number
  /** The next frame, as text. Throws what JSON.stringify throws: the body must be plain JSON. */
  frame(body: UnnumberedBody): string
  /** A frame that says how many there were, for whoever looks for missing ones; undefined when there is nothing to say since the last. */
  frameCount(time: string, pid: number): string | undefined
}

/**
 * Frames of one run: the length, a blank, the RFC 5424 line. `tag` becomes the APP-NAME, that is the server's name; who the developer
 * is, is never said: the socket tells.
 */
export function createFramer(tag: string, run: string): Framer {
  const appName = printableTag(tag)
  let count = 0
  let said = 0
  // Up to the number it is the same for many records of one moment.
  const heads = SEVERITIES.map(() => ({ time: '', pid: 0, text: '' }))
  const headOf = ({ severity, time, pid }: UnnumberedBody): string => {
    const number = severityNumber(severity)
    const head = heads[number]!
    if (head.time === time && head.pid === pid) return head.text
    const text = `<${FACILITY * 8 + number}>1 ${time} - ${appName} ${pid} - [${STRUCTURE} run="${run}"] {"run":"${run}","seq":`
    heads[number] = { time, pid, text }
    return text
  }
  const frame = (body: UnnumberedBody): string => {
    const head = `${headOf(body)}${++count},`
    // Everything before the body is ASCII, so its length is its bytes.
    let json = JSON.stringify(body)
    let bytes = head.length + Buffer.byteLength(json) - 1
    if (bytes + LENGTH_DIGITS > FRAME_BYTES_MAX) {
      json = JSON.stringify(cutBody(body))
      bytes = head.length + Buffer.byteLength(json) - 1
    }
    return `${bytes} ${head}${json.slice(1)}`
  }
  return {
    get count() {
      return count
    },
    frame,
    frameCount(time, pid) {
      if (count === said) return undefined
      const text = frame({ time, severity: 'debug', message: `${count} records until here`, pid, kind: 'count' })
      said = count
      return text
    },
  }
}

function printableTag(tag: string): string {
  return tag.replace(/[^!-~]/g, '_').slice(0, TAG_LENGTH_MAX) || '-'
}

function cutBody(body: UnnumberedBody): UnnumberedBody {
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
