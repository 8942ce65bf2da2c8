// ngx_http_headers_module, and the other ways a reply is changed before it leaves.
import type { ErrorPageConf, ExpiresConf, LocationConf } from '../conf.ts'
import { plainText, readText } from '../read-text.ts'
import type { References } from '../references.ts'
import { type Place, show, type Word } from '../tokenize.ts'
import { BadValue, readOnOff, readTime, rest } from '../values.ts'
import { ARGS_MAX, directive, HTTP, ONE } from './directive.ts'

export const HEADERS = {
  add_header: directive<LocationConf['addHeaders'][number]>({
    contexts: HTTP,
    usage: 'add_header NAME TEXT [always];',
    args: [2, 3],
    many: true,
    read: readAddHeader,
    does: 'Adds a header to replies with 200, 201, 204, 206, 301, 302, 303, 304, 307 or 308; with `always` to any.',
  }),
  expires: directive<ExpiresConf>({
    contexts: HTTP,
    usage: 'expires [modified] TIME|@TIME|epoch|max|off|$VARIABLE;',
    args: [1, 2],
    read: readExpires,
    standard: 'off',
    does: 'Sets `Expires` and `Cache-Control`; a negative TIME forbids to keep the reply.',
  }),
  error_page: directive<ErrorPageConf & { readonly at: Place }>({
    contexts: HTTP,
    usage: 'error_page CODE... [=[RESPONSE]] TEXT|@NAME;',
    args: [2, ARGS_MAX],
    many: true,
    read: readErrorPage,
    does: 'What is sent instead of our own page: a path, a named location, or a redirect to a URL.',
  }),
  absolute_redirect: directive({
    contexts: HTTP,
    usage: 'absolute_redirect on|off;',
    args: ONE,
    read: ([word]) => readOnOff(word!),
    standard: 'on',
    does: 'Whether a redirect to a path is sent with the scheme, host and port before it.',
  }),
}

function readAddHeader([name, value, always]: readonly Word[], references: References) {
  if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name!.text) || name!.text.includes('$')) {
    throw new BadValue(name!, `${show(name!.text)} is not the name of a header`)
  }
  if (/[^\t\x20-\x7e\x80-\xff]/.test(value!.text)) {
    throw new BadValue(value!, 'The value of a header has no line ends and no characters beyond Latin-1')
  }
  if (always !== undefined && always.text !== 'always') {
    throw new BadValue(always, `${show(always.text)} is no parameter of "add_header": allowed is "always"`)
  }
  return { name: name!.text, value: readText(value!, references), always: always !== undefined }
}

function readExpires(words: readonly Word[], references: References): ExpiresConf {
  const modified = words.length === 2
  if (modified && words[0]!.text !== 'modified') {
    throw new BadValue(words[0]!, `${show(words[0]!.text)} is no parameter of "expires": allowed is "modified"`)
  }
  const word = words.at(-1)!
  const { text } = word
  if (!modified) {
    if (text === 'off' || text === 'epoch' || text === 'max') return { kind: text }
    if (text.startsWith('$')) return { kind: 'text', value: readText(word, references) }
    if (text.startsWith('@')) return { kind: 'daily', secondOfDay: readSecondOfDay(rest(word, 1)) }
  }
  const sign = /^[+-]/.exec(text)?.[0] ?? ''
  const seconds = Math.trunc(readTime(sign === '' ? word : rest(word, 1)) / 1000)
  return { kind: 'time', seconds: sign === '-' ? -seconds : seconds, modified }
}

function readSecondOfDay(word: Word): number {
  const seconds = Math.trunc(readTime(word) / 1000)
  if (seconds < 86_400) return seconds
  throw new BadValue(word, `${show(word.text)} is not a time of day: less than 24h`)
}

function readErrorPage(words: readonly Word[], references: References): ErrorPageConf & { at: Place } {
  const target = words.at(-1)!
  const codes = words.slice(0, -1)
  let response: ErrorPageConf['response'] = 'same'
  if (codes.at(-1)!.text.startsWith('=')) {
    const word = codes.pop()!
    const given = word.text.slice(1)
    if (given !== '' && !/^[2-5]\d\d$/.test(given))
      throw new BadValue(word, `${show(given)} is not a status: 200 to 599`)
    response = given === '' ? 'page' : Number(given)
    if (codes.length === 0) throw new BadValue(word, '"error_page" needs the codes it is for')
  }
  const statuses = codes.map((word) => {
    if (/^[345]\d\d$/.test(word.text) && word.text !== '499' && word.text !== '444') return Number(word.text)
    throw new BadValue(word, `${show(word.text)} is not a status that has a page: 300 to 599, without 444 and 499`)
  })
  const text = readText(target, references)
  const plain = plainText(text)
  if (plain !== undefined && !/^(?:\/|@|[a-z][a-z0-9+.-]*:\/\/)/i.test(plain)) {
    throw new BadValue(target, `${show(plain)} is not a page: write a path like "/404.html", "@NAME" or a URL`)
  }
  return { statuses, response, target: text, at: target }
}
