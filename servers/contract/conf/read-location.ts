// `location [=|~|~*|^~] PATH` or `location @NAME`.
import type { LocationConf } from './conf.ts'
import { readPattern } from './read-pattern.ts'
import type { References } from './references.ts'
import { show, type Word } from './tokenize.ts'
import { BadValue, readPlain, rest } from './values.ts'

type Where = Pick<LocationConf, 'match' | 'path' | 'caseless'>

const MODIFIERS = ['=', '^~', '~*', '~'] as const

export function readLocation([first, second]: readonly Word[], references: References): Where {
  if (second !== undefined) {
    const modifier = MODIFIERS.find((each) => each === first!.text)
    if (modifier !== undefined) return readBy(modifier, second, references)
    throw new BadValue(first!, `${show(first!.text)} is not a modifier: allowed are "=", "^~", "~", "~*"`)
  }
  if (first!.text.startsWith('@')) return readNamed(first!)
  // nginx reads `=/path` as it reads `= /path`.
  const modifier = MODIFIERS.find((each) => first!.text.startsWith(each))
  if (modifier === undefined) return { match: 'prefix', path: readPath(first!), caseless: false }
  if (modifier === first!.text) throw new BadValue(first!, `A path is missing: write location ${modifier} PATH`)
  return readBy(modifier, rest(first!, modifier.length), references)
}

function readBy(modifier: (typeof MODIFIERS)[number], word: Word, references: References): Where {
  if (modifier === '=') return { match: 'exact', path: readPath(word), caseless: false }
  if (modifier === '^~') return { match: 'final-prefix', path: readPath(word), caseless: false }
  const { source, caseless } = readPattern(word, 0, modifier === '~*', references)
  return { match: 'pattern', path: source, caseless }
}

function readPath(word: Word): string {
  const { text } = word
  if (text.startsWith('@')) throw new BadValue(word, `${show(text)}: a named location has no modifier`)
  if (!text.startsWith('/')) throw new BadValue(word, `${show(text)} is not a path: it begins with "/"`)
  readPlain(word)
  if (/\/\/|\/\.{1,2}(?:\/|$)|[?#]/.test(text)) {
    throw new BadValue(
      word,
      `${show(text)} would never match: paths are compared without "//", "." and "..", and without the query`,
    )
  }
  return text
}

function readNamed(word: Word): Where {
  if (/^@[\w.-]{1,64}$/.test(word.text)) return { match: 'named', path: word.text, caseless: false }
  throw new BadValue(
    word,
    `${show(word.text)} is not the name of a location: "@", then letters, digits, "_", "-" and "."`,
  )
}
