// Open sockets: what nginx has no directives for.
import type { LocationConf } from '../conf.ts'
import { show, type Word } from '../tokenize.ts'
import { BadValue, readNumber, readOnOff, readOptions, readRate, readSize, readTime } from '../values.ts'
import { directive, HTTP, MANY, ONE } from './directive.ts'

/** Both engines count these with 32 bits; nobody sends so much to a game. */
const SOCKET_BYTES_MAX = 2 ** 30

export const WEBSOCKET = {
  websocket_max_payload: directive({
    contexts: HTTP,
    usage: 'websocket_max_payload SIZE;',
    args: ONE,
    read: ([word]) => readSize(word!, { min: 1, max: SOCKET_BYTES_MAX }),
    standard: '64k',
    does: 'A longer message closes its socket with 1009.',
  }),
  websocket_max_backpressure: directive({
    contexts: HTTP,
    usage: 'websocket_max_backpressure SIZE;',
    args: ONE,
    read: ([word]) => readSize(word!, { min: 1, max: SOCKET_BYTES_MAX }),
    standard: '1m',
    does: 'What would wait for a slow client beyond this is dropped, and `send` says so.',
  }),
  websocket_idle_timeout: directive({
    contexts: HTTP,
    usage: 'websocket_idle_timeout TIME;',
    args: ONE,
    read: ([word]) => readIdleTimeout(word!),
    standard: '120s',
    does: 'A socket without any frame for so long is closed; clients are pinged in time. 0: never.',
  }),
  websocket_compression: directive({
    contexts: HTTP,
    usage: 'websocket_compression on|off;',
    args: ONE,
    read: ([word]) => readOnOff(word!),
    standard: 'off',
    does: 'permessage-deflate for clients that offer it.',
  }),
  websocket_origin: directive<LocationConf['websocketOrigins']>({
    contexts: HTTP,
    usage: 'websocket_origin any|same|ORIGIN...;',
    args: MANY,
    read: readOrigins,
    standard: 'any',
    does: 'The pages whose sockets are let in; those of others are refused with 403. `same`: pages of this host.',
  }),
  websocket_message_rate: directive<LocationConf['websocketMessageRate'] & {}>({
    contexts: HTTP,
    usage: 'websocket_message_rate RATE [burst=NUMBER];',
    args: [1, 2],
    read: readMessageRate,
    does: 'More messages than that close their socket with 1008. `burst` may come at once; default: what RATE allows in a second.',
  }),
}

/** uWebSockets.js aborts the process for 1 to 7 and for more than 960 seconds. */
function readIdleTimeout(word: Word): number {
  const seconds = readTime(word) / 1000
  if (Number.isInteger(seconds) && (seconds === 0 || (seconds >= 8 && seconds <= 960))) return seconds
  throw new BadValue(word, `${show(word.text)} is out of range: whole seconds from 8s to 960s, or 0 for none`)
}

function readOrigins(words: readonly Word[]): LocationConf['websocketOrigins'] {
  const [first] = words
  if (first!.text === 'any' || first!.text === 'same') {
    if (words.length > 1) throw new BadValue(words[1]!, `"${first!.text}" stands alone`)
    return first!.text
  }
  return words.map((word) => {
    const origin = word.text.toLowerCase()
    if (/^[a-z][a-z0-9+.-]*:\/\/(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?$/.test(origin)) return origin
    throw new BadValue(
      word,
      `${show(word.text)} is not an origin: write "any", "same", or ones like "https://example.com"`,
    )
  })
}

function readMessageRate([rate, ...rest]: readonly Word[]): LocationConf['websocketMessageRate'] & {} {
  const perSecond = readRate(rate!)
  const burst = readOptions(rest, ['burst']).get('burst')
  return {
    perSecond,
    burst: burst === undefined ? Math.ceil(perSecond) : readNumber(burst, { min: 0, max: 1_000_000 }),
  }
}
