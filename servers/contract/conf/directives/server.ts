// A server and its locations: ngx_http_core_module's directives, and `script`.
import type { ListenConf } from '../conf.ts'
import { readListen } from '../read-listen.ts'
import { readLocation } from '../read-location.ts'
import { readServerName } from '../read-server-name.ts'
import { show, type Word } from '../tokenize.ts'
import { BadValue, readNumber, readReleasePath, readSize, readTimeBetween } from '../values.ts'
import { ARGS_MAX, directive, HTTP, IN_SERVER, NONE, ONE } from './directive.ts'

const BODY_BYTES_MAX = 2 ** 43

export const SERVER = {
  include: directive({
    contexts: ['main', 'events', 'edge', 'server', 'location'],
    usage: 'include FILE|PATTERN;',
    args: ONE,
    many: true,
    // It stands for what its files hold and is gone before anything is read.
    read: () => true,
    does: 'The text of another file, or of all that fit a pattern like `conf.d/*.conf`, relative to the folder of the conf.',
  }),
  server: directive({
    contexts: ['edge'],
    usage: 'server { ... }',
    args: NONE,
    many: true,
    opens: 'block',
    read: () => true,
    does: 'One server, by its addresses and names.',
  }),
  listen: directive<ListenConf>({
    contexts: ['server'],
    usage: 'listen PORT|HOST:PORT|[IPV6]:PORT|unix:PATH [ssl] [default_server];',
    args: [1, ARGS_MAX],
    many: true,
    read: readListen,
    standard: '*:80',
    does: 'Where it listens. The `default_server` of an address, else its first, answers names that none has.',
  }),
  server_name: directive({
    contexts: ['server'],
    usage: 'server_name NAME...;',
    args: [1, ARGS_MAX],
    many: true,
    read: (words, references) => words.map((word) => readServerName(word, references)),
    standard: '""',
    does: 'The names it answers: whole ones, `*.example.com`, `.example.com`, `www.example.*`, `~PATTERN`, `""` for none.',
  }),
  location: directive({
    contexts: ['server'],
    usage: 'location [=|~|~*|^~] PATH { ... } or location @NAME { ... }',
    args: [1, 2],
    many: true,
    opens: 'block',
    read: readLocation,
    does: 'What answers a path: `=` this very one, else the first pattern that fits, else the longest beginning; `^~` is a beginning that no pattern overrules.',
  }),
  internal: directive({
    contexts: ['location'],
    usage: 'internal;',
    args: NONE,
    read: () => true,
    does: 'Only for requests that are sent on inside; 404 for others.',
  }),
  script: directive({
    contexts: ['location'],
    usage: 'script FILE;',
    args: ONE,
    read: ([word]) => readScript(word!),
    does: 'The script that answers, a file of the release.',
  }),
  script_timeout: directive({
    contexts: HTTP,
    usage: 'script_timeout TIME;',
    args: ONE,
    read: ([word]) => readTimeBetween(word!, { min: '0', max: '24h' }),
    standard: '60s',
    does: 'How long a hook may take for one request or message, waiting included. 0: for ever.',
  }),
  client_max_body_size: directive({
    contexts: HTTP,
    usage: 'client_max_body_size SIZE;',
    args: ONE,
    read: ([word]) => readSize(word!, { min: 0, max: BODY_BYTES_MAX }),
    standard: '1m',
    does: 'A larger body is refused with 413. 0: no limit.',
  }),
  client_header_timeout: timeout('client_header_timeout', '60s', 'How long the head of a request may take.'),
  client_body_timeout: timeout('client_body_timeout', '60s', 'How long a client may pause within a body.'),
  send_timeout: timeout('send_timeout', '60s', 'How long a client may take nothing of a reply.'),
  keepalive_timeout: directive({
    contexts: IN_SERVER,
    usage: 'keepalive_timeout TIME;',
    args: [1, 2],
    read: readKeepaliveTimeout,
    standard: '75s',
    does: 'How long an idle connection stays open. 0: not at all.',
  }),
  keepalive_requests: directive({
    contexts: IN_SERVER,
    usage: 'keepalive_requests NUMBER;',
    args: ONE,
    read: ([word]) => readNumber(word!, { min: 1, max: 2 ** 31 }),
    standard: '1000',
    does: 'Requests on one connection at most.',
  }),
}

function timeout(name: string, standard: string, does: string) {
  return directive({
    contexts: IN_SERVER,
    usage: `${name} TIME;`,
    args: ONE,
    read: ([word]) => readTimeBetween(word!, { min: '1ms', max: '24h' }),
    standard,
    does,
  })
}

function readKeepaliveTimeout([word, header]: readonly Word[]): number {
  if (header !== undefined) throw new BadValue(header, 'The Keep-Alive header is not sent: write the one time alone')
  return readTimeBetween(word!, { min: '0', max: '24h' })
}

function readScript(word: Word): string {
  const file = readReleasePath(word)
  if (/^src\/.*[^/]\.[cm]?[jt]s$/.test(file)) return file
  throw new BadValue(word, `${show(word.text)} is not a script: write a file of the release like "src/main.ts"`)
}
