// nginx's variables of every request. Their names are in servers/contract/conf/built-in-variables.ts.
import { readFileSync } from 'node:fs'
import { isIPv6 } from 'node:net'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { statusLine } from '../../transport/status-line.ts'
import { pathInFolder } from '../files/path-in-folder.ts'
import { type ServedRequest, shownServer } from '../served-request.ts'
import { requestHeader } from './fields-of.ts'
import { timeIso8601, timeLocal } from './times.ts'

type BuiltIn = (request: ServedRequest) => string | undefined

const uri: BuiltIn = (request) => request.uri

export const BUILT_IN: Readonly<Record<string, BuiltIn>> = {
  args: ({ args }) => args || undefined,
  binary_remote_addr: ({ ip }) => binaryAddress(ip),
  body_bytes_sent: ({ bytes }) => String(bytes),
  bytes_sent: (request) => String(request.bytes + headBytes(request)),
  content_length: ({ head }) => requestHeader(head.headers, 'content-length'),
  content_type: ({ head }) => requestHeader(head.headers, 'content-type'),
  document_root: documentRoot,
  document_uri: uri,
  edgeyard_version: () => version(),
  host: ({ head, server }) => head.host.replace(/\.$/, '') || shownServer(server.conf),
  hostname: () => hostname(),
  https: ({ head }) => (head.secure ? 'on' : ''),
  is_args: ({ args }) => (args === '' ? '' : '?'),
  // `limit_req` and `limit_conn` leave them with what `set` gives.
  limit_conn_status: ({ variables }) => variables?.get('limit_conn_status'),
  limit_req_status: ({ variables }) => variables?.get('limit_req_status'),
  msec: () => (Date.now() / 1000).toFixed(3),
  pid: () => String(process.pid),
  query_string: ({ args }) => args || undefined,
  realip_remote_addr: ({ head }) => head.ip,
  remote_addr: ({ ip }) => ip,
  remote_user: ({ head }) => userOf(requestHeader(head.headers, 'authorization')),
  request: ({ original: head }) => `${head.method} ${target(head)} HTTP/${head.httpVersion}`,
  request_filename: (request) => {
    const root = documentRoot(request)
    return root && `${root}${pathInFolder(request.plan.location, request.uri)}`
  },
  request_id: ({ id }) => id,
  request_length: ({ original: head }) => String(requestBytes(head)),
  request_method: ({ head }) => head.method,
  request_time: ({ begunAt }) => (Math.max(0, performance.now() - begunAt) / 1000).toFixed(3),
  request_uri: ({ original }) => target(original),
  scheme: ({ head }) => (head.secure ? 'https' : 'http'),
  server_name: ({ server }) => shownServer(server.conf),
  server_port: ({ port }) => (port === 0 ? '' : String(port)),
  server_protocol: ({ head }) => `HTTP/${head.httpVersion}`,
  status: ({ status, reply }) => String(status || (reply?.status ?? 0)).padStart(3, '0'),
  time_iso8601: () => timeIso8601(),
  time_local: () => timeLocal(),
  uri,
}

type Head = ServedRequest['head']

function target({ rawPath, query }: Head): string {
  return query === '' ? rawPath : `${rawPath}?${query}`
}

function documentRoot({ plan, generation }: ServedRequest): string | undefined {
  const { folder } = plan.location.files
  return folder && join(generation.release, folder.dir)
}

/** As it came, but for white space that nobody counts. */
function requestBytes(head: Head): number {
  const line = `${head.method} ${target(head)} HTTP/${head.httpVersion}\r\n\r\n`
  const body = Number(requestHeader(head.headers, 'content-length') ?? 0)
  return head.headers.reduce((sum, [name, value]) => sum + name.length + value.length + 4, line.length + body)
}

/** Of the status line and what the runtime gives the engine to send; the engine adds a date and what frames the body. */
function headBytes({ reply, status }: ServedRequest): number {
  if (reply === undefined) return 0
  const line = `HTTP/1.1 ${statusLine(status)}\r\n\r\n`
  return reply.headers.reduce((sum, [name, value]) => sum + name.length + value.length + 4, line.length)
}

/** The name of basic authentication; nobody has checked it. */
function userOf(authorization: string | undefined): string | undefined {
  const encoded = /^basic +(\S+)$/i.exec(authorization ?? '')?.[1]
  if (encoded === undefined) return undefined
  const [name] = Buffer.from(encoded, 'base64').toString('utf8').split(':', 1)
  return name || undefined
}

/** 4 or 16 bytes, each a character: a short key for `limit_req_zone`. */
function binaryAddress(ip: string): string {
  if (isIPv6(ip)) return binaryV6(ip)
  const bytes = ip.split('.').map(Number)
  return bytes.length === 4 && bytes.every((byte) => byte >= 0 && byte <= 255) ? String.fromCharCode(...bytes) : ip
}

function binaryV6(ip: string): string {
  const [text = ''] = ip.split('%')
  const dotted = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(text)
  const pair = (high: string, low: string) => ((Number(high) << 8) | Number(low)).toString(16)
  const plain = dotted === null ? text : `${dotted[1]}${pair(dotted[2]!, dotted[3]!)}:${pair(dotted[4]!, dotted[5]!)}`
  const [front = '', back] = plain.split('::')
  const groups = (part: string) => (part === '' ? [] : part.split(':'))
  const [first, last] = [groups(front), groups(back ?? '')]
  const middle = back === undefined ? [] : new Array<string>(Math.max(0, 8 - first.length - last.length)).fill('0')
  const codes = [...first, ...middle, ...last].map((group) => Number.parseInt(group, 16))
  return String.fromCharCode(...codes.flatMap((code) => [code >> 8, code & 0xff]))
}

let known: string | undefined

function version(): string {
  known ??= JSON.parse(readFileSync(new URL('../../../../package.json', import.meta.url), 'utf8')).version as string
  return known
}
