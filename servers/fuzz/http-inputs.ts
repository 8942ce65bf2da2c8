// Requests that are nearly right, in writes of any size, on connections that end in any way.
import { damaged, mutatePieces } from './mutate.ts'
import type { Random } from './random.ts'

/** What one client does. Bytes are written as latin-1 text, so that a saved input can be read. */
export interface WireInput {
  /** One write each; the server's loop turns in between. */
  readonly writes: readonly string[]
  /** How the client goes when it has written: with FIN, with RST, or when the server has nothing more to say for a moment. */
  readonly end: 'end' | 'reset' | 'linger'
}

const LINES = [
  'GET / HTTP/1.1',
  'GET /large HTTP/1.1',
  'GET /stream?a=b HTTP/1.1',
  'HEAD / HTTP/1.1',
  'POST /echo HTTP/1.1',
  'PUT /pipe HTTP/1.1',
  'POST /late HTTP/1.1',
  'OPTIONS * HTTP/1.1',
]
const HEADERS = [
  'Host: a.test',
  'Connection: close',
  'Connection: keep-alive',
  'Expect: 100-continue',
  'Accept-Encoding: gzip',
  'Cookie: a=b; c=d',
  'Upgrade: websocket',
  'X-Forwarded-For: 1.2.3.4',
  'Range: bytes=0-1',
]
const BODIES: readonly (readonly string[])[] = [
  [''],
  ['Content-Length: 5', '', 'hello'],
  ['Content-Length: 200000', '', 'x'.repeat(200_000)],
  ['Content-Length: 5', '', 'hel'],
  ['Transfer-Encoding: chunked', '', '5', 'hello', '0', '', ''],
  ['Transfer-Encoding: chunked', '', '5;a=b', 'hello', 'A', '0123456789', '0', 'X-T: 1', '', ''],
]
const WORDS = [
  ...[
    '\r\n',
    '\n',
    '\r',
    '\0',
    ' ',
    '\t',
    ':',
    ': ',
    ';',
    ',',
    '',
    '\r\n\r\n',
    '0\r\n\r\n',
    'ffffffffffffffff',
    '-1',
    '7fffffff',
    '1e3',
    '0x5',
  ],
  ...[
    'HTTP/1.0',
    'HTTP/1.1',
    'HTTP/9.9',
    'http://a/b',
    '//',
    '/../..',
    '/%2e%2e/',
    '/%',
    '/%00',
    '/%ff',
    '/\xff\xfe',
    '?',
    '#',
    '*',
    `/${'a'.repeat(5000)}`,
  ],
  ...[
    'Content-Length: 0',
    'Content-Length: 5',
    'Content-Length: 99999999999999999999',
    'Content-Length:',
    'Transfer-Encoding: chunked',
    'Transfer-Encoding: gzip, chunked',
    'Transfer-Encoding:\x0bchunked',
  ],
  ...[
    'Host: b',
    'Host:',
    'Host: [::1]:80',
    'Host: a/b@c',
    ' folded',
    ': nameless',
    `X-Big: ${'y'.repeat(20_000)}`,
    'A: b\r\n'.repeat(200),
  ],
]

export function httpInput(random: Random): WireInput {
  const pieces: string[] = []
  for (let requests = 1 + random.length(6); requests > 0; requests--) {
    const headers = Array.from({ length: random.length(6) }, () => random.pick(HEADERS))
    const lines = [random.pick(LINES), 'Host: a.test', ...headers, ...random.pick(BODIES)]
    pieces.push(...lines.flatMap((line, i) => (i === 0 ? [line] : ['\r\n', line])))
    if (lines.at(-1) === '') pieces.push('\r\n')
  }
  if (!random.oneIn(6)) mutatePieces(pieces, WORDS, random)
  return { writes: splitAnywhere(pieces.join(''), random), end: endOf(random) }
}

export function splitAnywhere(bytes: string, random: Random): string[] {
  const writes: string[] = []
  let text = random.oneIn(6) ? damaged(bytes, random) : bytes
  for (let pieces = random.length(12); pieces > 0 && text.length > 1; pieces--) {
    const at = 1 + random.below(random.oneIn(2) ? Math.min(text.length - 1, 20) : text.length - 1)
    writes.push(text.slice(0, at))
    text = text.slice(at)
  }
  return [...writes, text]
}

export function endOf(random: Random): WireInput['end'] {
  return random.pick(['end', 'reset', 'linger', 'linger'])
}
