// The text of a search, `q`:
//
//   inventory                 a substring, whatever its case
//   "two words"               a substring with spaces; also "-5" and "a:b", which would mean something else
//   room.id:5  release:4f2a   a field, or a part of the record; key:"several words"
//   "say \"hi\""  key:"a\\b"  between quotes \" is a quote and \\ a backslash; any other backslash is itself
//   /took \d{4,} ms/          a regular expression, whatever the case
//   -inventory  -"two words"  what must not be there; also -key:value and -/re/
//
// Nothing else means anything: whatever can be typed can be searched, `TypeError: x`, `src/main.ts:9`, `/api/orders` and `127.0.0.1:80`.
import type { Term } from './question.ts'

/** Nobody types more; every term is compared with every record. */
export const SEARCH_LENGTH_MAX = 500
export const TERMS_MAX = 20

/** Closed by a slash in front of a space, and without one within: `/api/orders` is a path. */
const PATTERN = /\/((?:[^/\\]|\\.)+)\/(?=\s|$)/y
/** One that is not closed is still being typed, and goes on to the end. */
const PHRASE = /"((?:\\["\\]|[^"])*)(?:"|$)/y
/** Not `http://`, which is an address. */
const FIELD =
  /([\p{L}_$][\p{L}\p{M}\p{N}_$-]*(?:\.[\p{L}\p{M}\p{N}_$-]+)*):(?!\/\/)(?:"((?:\\["\\]|[^"])*)(?:"|$)|([^\s"]\S*))/uy
const WORD = /\S+/y

/** The terms of a search, or a sentence that says what is wrong with it. Pure; the page marks what it finds by the same terms. */
export function parseSearch(search: string): readonly Term[] | string {
  if (search.length > SEARCH_LENGTH_MAX) return `A search may have ${SEARCH_LENGTH_MAX} characters at most`
  const terms: Term[] = []
  let place = 0
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = place
    const found = pattern.exec(search)
    if (found !== null) place = pattern.lastIndex
    return found
  }
  while (place < search.length) {
    if (/\s/.test(search[place]!)) {
      place++
      continue
    }
    const not = search[place] === '-' && /\S/.test(search[place + 1] ?? ' ')
    if (not) place++
    const source = take(PATTERN)?.[1]
    const complaint = source === undefined ? undefined : complaintAbout(source)
    if (complaint !== undefined) return `/${source}/ is no regular expression: ${complaint}`
    if (source !== undefined) terms.push({ kind: 'pattern', not, source })
    else {
      const phrase = unquote(take(PHRASE)?.[1])
      const field = phrase === undefined ? take(FIELD) : null
      if (field !== null) terms.push(fieldTerm(field, not))
      else {
        const text = (phrase ?? take(WORD)?.[0] ?? '').toLowerCase()
        if (text !== '') terms.push({ kind: 'text', not, text })
      }
    }
  }
  return terms.length > TERMS_MAX ? `A search may have ${TERMS_MAX} terms at most` : terms
}

function fieldTerm([, key = '', quoted, bare = '']: RegExpExecArray, not: boolean): Term {
  const value = unquote(quoted) ?? bare
  return { kind: 'field', not, key: key.toLowerCase(), value: value.toLowerCase() }
}

function unquote(quoted: string | undefined): string | undefined {
  return quoted?.replace(/\\(["\\])/g, '$1')
}

function complaintAbout(source: string): string | undefined {
  try {
    compilePattern(source)
    return undefined
  } catch (error) {
    return String(error).replace(/^.*: /, '')
  }
}

/** The regular expression of a `PatternTerm`: `^` and `$` are those of a line. */
export function compilePattern(source: string): RegExp {
  return new RegExp(source, 'im')
}
