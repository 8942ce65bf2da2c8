// ngx_http_gzip_module.
import { show, type Word } from '../tokenize.ts'
import { BadValue, readNumber, readOneOf, readOnOff, readSize } from '../values.ts'
import { directive, HTTP, MANY, ONE } from './directive.ts'

export const GZIP = {
  gzip: directive({
    contexts: HTTP,
    usage: 'gzip on|off;',
    args: ONE,
    read: ([word]) => readOnOff(word!),
    standard: 'off',
    does: 'Compresses replies for clients that take it.',
  }),
  gzip_types: directive({
    contexts: HTTP,
    usage: 'gzip_types TYPE...|*;',
    args: MANY,
    read: (words) => [...new Set(['text/html', ...words.map(readType)])],
    standard: 'text/html',
    does: 'Which replies, besides text/html.',
  }),
  gzip_min_length: directive({
    contexts: HTTP,
    usage: 'gzip_min_length SIZE;',
    args: ONE,
    read: ([word]) => readSize(word!, { min: 0, max: 2 ** 31 }),
    standard: '20',
    does: 'Shorter ones, by their Content-Length, stay as they are.',
  }),
  gzip_comp_level: directive({
    contexts: HTTP,
    usage: 'gzip_comp_level LEVEL;',
    args: ONE,
    read: ([word]) => readNumber(word!, { min: 1, max: 9 }),
    standard: '1',
    does: '1 is quick, 9 is small.',
  }),
  gzip_vary: directive({
    contexts: HTTP,
    usage: 'gzip_vary on|off;',
    args: ONE,
    read: ([word]) => readOnOff(word!),
    standard: 'off',
    does: 'Adds `Vary: Accept-Encoding`, for caches in between.',
  }),
  gzip_proxied: directive({
    contexts: HTTP,
    usage: 'gzip_proxied off|any;',
    args: ONE,
    read: ([word]) => readOneOf(word!, ['off', 'any'], 'a kind of proxied request that edgeyard tells apart') === 'any',
    standard: 'off',
    does: 'Whether requests that came through a proxy (`Via`) get compressed replies too.',
  }),
}

function readType(word: Word): string {
  const type = word.text.toLowerCase()
  if (type === '*' || /^[a-z0-9!#$&^_.+-]+\/[a-z0-9!#$&^_.+-]+$/.test(type)) return type
  throw new BadValue(word, `${show(word.text)} is not a type: write one like "application/json"`)
}
