// A regular expression of the conf, which people write for PCRE, → one of JavaScript.
import type { Pattern } from './conf.ts'
import type { References } from './references.ts'
import { show, type Word } from './tokenize.ts'
import { BadValue, within } from './values.ts'

const POSIX_CLASSES: Readonly<Record<string, string>> = {
  alnum: 'A-Za-z0-9',
  alpha: 'A-Za-z',
  digit: '0-9',
  lower: 'a-z',
  punct: '!-\\/:-@\\[-`{-~',
  space: '\\s',
  upper: 'A-Z',
  word: '\\w',
  xdigit: 'A-Fa-f0-9',
}

/** PCRE's own, by how they begin; JavaScript would read some of them as something else. */
const LACKING: readonly (readonly [begins: RegExp, what: string, instead?: string])[] = [
  [/^\(\?>/, 'an atomic group'],
  [/^\(\?\|/, 'a branch reset'],
  [/^\(\?#/, 'a comment'],
  [/^\(\?\(/, 'a condition'],
  [/^\(\?(?:R|[+-]?\d|&|P>)/, 'a recursion'],
  [/^\(\*/, 'a verb'],
  [/^\(\?[a-zA-Z^-]+[:)]/, 'an option inside a pattern', 'write ~* to ignore case'],
  [/^\\(?:[GKRXCQENpP]|x\{)/, 'an escape of PCRE'],
  [/^(?:[*+?]|\{\d+(?:,\d*)?\})\+/, 'a possessive quantifier'],
]

/**
 * From `from` on. Its named groups become variables. Throws BadValue for what JavaScript cannot do. A pattern that takes very long
 * for some paths, such as `(a+)+$`, is not found out: as in nginx, write patterns that cannot.
 */
export function readPattern(word: Word, from: number, caseless: boolean, references: References): Pattern {
  const inline = /^\(\?i\)/.test(word.text.slice(from))
  const source = translate(word, from + (inline ? 4 : 0))
  try {
    new RegExp(source)
  } catch (error) {
    const why = (error as Error).message.replace(/^Invalid regular expression: \/.*\/[a-z]*: /s, '')
    throw new BadValue(
      within(word, from, word.text.length - from),
      `${show(word.text.slice(from))} is not a pattern: ${why}`,
    )
  }
  for (const [, name] of source.matchAll(/\(\?<([A-Za-z_]\w*)>/g)) references.defines('variable', name!)
  return { source, caseless: caseless || inline }
}

function translate(word: Word, from: number): string {
  const { text } = word
  let source = ''
  let at = from
  while (at < text.length) {
    const left = text.slice(at)
    for (const [begins, what, instead] of LACKING) {
      const found = begins.exec(left)?.[0]
      if (found === undefined) continue
      throw new BadValue(
        within(word, at, found.length),
        `"${found}" is ${what}, which JavaScript's patterns do not have`,
        instead,
      )
    }
    const [taken, put] = step(left)
    source += put
    at += taken
  }
  return source
}

/** How much of the text is read, and what it becomes. */
function step(left: string): [taken: number, put: string] {
  const named = /^\(\?(?:P<(\w+)>|'(\w+)')/.exec(left)
  if (named !== null) return [named[0].length, `(?<${named[1] ?? named[2]}>`]
  const back = /^(?:\(\?P=(\w+)\)|\\[gk]\{(\w+)\}|\\k'(\w+)')/.exec(left)
  if (back !== null) {
    const name = back[1] ?? back[2] ?? back[3]!
    return [back[0].length, /^\d+$/.test(name) ? `\\${name}` : `\\k<${name}>`]
  }
  if (left.startsWith('\\')) {
    const put = { A: '^', z: '$', Z: '$', h: '[ \\t]', a: '\\x07', e: '\\x1b' }[left[1] ?? '']
    return [2, put ?? left.slice(0, 2)]
  }
  return left.startsWith('[') ? stepClass(left) : [1, left[0]!]
}

/** `[...]`: PCRE knows classes by name in it, and takes a `]` that comes first for itself. */
function stepClass(left: string): [taken: number, put: string] {
  let at = left[1] === '^' ? 2 : 1
  let put = left.slice(0, at)
  if (left[at] === ']') {
    put += '\\]'
    at++
  }
  while (at < left.length && left[at] !== ']') {
    const named = /^\[:(\w+):\]/.exec(left.slice(at))
    const known = named !== null && Object.hasOwn(POSIX_CLASSES, named[1]!)
    const taken = known ? named[0].length : left[at] === '\\' ? 2 : 1
    put += known ? POSIX_CLASSES[named[1]!] : left.slice(at, at + taken)
    at += taken
  }
  return [at + 1, `${put}${left[at] ?? ''}`]
}
