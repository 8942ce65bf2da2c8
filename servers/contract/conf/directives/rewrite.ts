// ngx_http_rewrite_module and ngx_http_map_module.

import { isReadOnly } from '../built-in-variables.ts'
import type { MapConf, RewriteConf } from '../conf.ts'
import { readMap } from '../read-map.ts'
import { readPattern } from '../read-pattern.ts'
import { readText } from '../read-text.ts'
import type { References } from '../references.ts'
import { show, type Word } from '../tokenize.ts'
import { BadValue, readName, readOneOf } from '../values.ts'
import { type Context, directive, NONE } from './directive.ts'

const CONTEXTS: readonly Context[] = ['server', 'location']

export const REWRITE = {
  map: directive<MapConf>({
    contexts: ['edge'],
    usage: 'map TEXT $NAME { ... }',
    args: [2, 2],
    many: true,
    opens: 'table',
    read: readMap,
    does: 'A variable by what TEXT is: `VALUE RESULT;`, `~PATTERN RESULT;`, `default RESULT;`, `hostnames;`, `volatile;`.',
  }),
  set: directive({
    contexts: CONTEXTS,
    usage: 'set $NAME TEXT;',
    args: [2, 2],
    many: true,
    read: readSet,
    does: 'Gives a variable a value; a plain one is in `ctx.env` of scripts too.',
  }),
  rewrite: directive<Extract<RewriteConf, { kind: 'rewrite' }>>({
    contexts: CONTEXTS,
    usage: 'rewrite PATTERN TEXT [last|break|redirect|permanent];',
    args: [2, 3],
    many: true,
    read: readRewrite,
    does: 'Changes the path that fits. A `?` at the end drops the arguments.',
  }),
  return: directive<Extract<RewriteConf, { kind: 'return' }>>({
    contexts: CONTEXTS,
    usage: 'return CODE [TEXT|URL]; or return URL;',
    args: [1, 2],
    many: true,
    read: readReturn,
    does: 'Answers. 444 hangs up without a reply; a URL alone is a 302.',
  }),
  break: directive({
    contexts: CONTEXTS,
    usage: 'break;',
    args: NONE,
    many: true,
    read: () => true,
    does: 'Ends the rewriting.',
  }),
}

function readSet([variable, value]: readonly Word[], references: References) {
  const name = readVariable(variable!)
  references.defines('variable', name)
  return { name, value: readText(value!, references) }
}

/** The name of a variable that a directive gives: `$NAME`. */
function readVariable(word: Word): string {
  if (!word.text.startsWith('$')) {
    throw new BadValue(word, `${show(word.text)} is not a variable: it begins with "$"`, `write $${word.text}`)
  }
  const name = readName(word, 1, 'a variable')
  if (!isReadOnly(name)) return name
  throw new BadValue(word, `"$${name}" is a variable of every request: it cannot be given another value`)
}

function readRewrite([pattern, text, flag]: readonly Word[], references: References) {
  return {
    kind: 'rewrite' as const,
    pattern: readPattern(pattern!, 0, false, references),
    replacement: readText(text!, references),
    flag: flag && readOneOf(flag, ['last', 'break', 'redirect', 'permanent'], 'a flag'),
  }
}

const REDIRECTS = [301, 302, 303, 307, 308]

function readReturn([code, text]: readonly Word[], references: References) {
  if (text === undefined && /^(?:https?:\/\/|\$scheme)/.test(code!.text)) {
    return { kind: 'return' as const, status: 302, text: readUrl(code!, references) }
  }
  const status = /^\d{3}$/.test(code!.text) ? Number(code!.text) : 0
  if (status < 200 || status > 599) {
    throw new BadValue(code!, `${show(code!.text)} is not a status: 200 to 599, or 444 to hang up`)
  }
  if (!REDIRECTS.includes(status)) {
    return { kind: 'return' as const, status, text: text === undefined ? [] : readText(text, references) }
  }
  if (!text?.text) throw new BadValue(code!, `A redirect needs a URL: return ${status} URL`)
  return { kind: 'return' as const, status, text: readUrl(text, references) }
}

function readUrl(word: Word, references: References) {
  if (/[^\x21-\x7e]/.test(word.text)) {
    throw new BadValue(word, 'A URL of a redirect has only printable ASCII characters and no spaces')
  }
  return readText(word, references)
}
