// `map TEXT $NAME { ... }`: its lines are no directives, but values and what they become.
import { isReadOnly } from './built-in-variables.ts'
import type { MapConf, Text } from './conf.ts'
import type { Statement } from './parse-statements.ts'
import { readPattern } from './read-pattern.ts'
import { readText } from './read-text.ts'
import type { References } from './references.ts'
import { show, type Word } from './tokenize.ts'
import { BadValue, readName, within } from './values.ts'

/** More than anybody writes by hand; each is kept for as long as the server runs. */
const LINES_MAX = 10_000

export function readMap(
  [source, variable]: readonly Word[],
  references: References,
  lines: readonly Statement[],
): MapConf {
  if (!variable!.text.startsWith('$')) {
    throw new BadValue(
      variable!,
      `${show(variable!.text)} is not a variable: it begins with "$"`,
      `write $${variable!.text}`,
    )
  }
  const name = readName(variable!, 1, 'a variable')
  if (isReadOnly(name) || name === 'args')
    throw new BadValue(variable!, `"$${name}" is a variable of every request already`)
  references.defines('variable', name)
  if (lines.length > LINES_MAX) throw new BadValue(lines[LINES_MAX]!.name, `A map has at most ${LINES_MAX} lines`)
  const exact = new Map<string, Text>()
  const patterns: { pattern: MapConf['patterns'][number]['pattern']; value: Text }[] = []
  let fallback: Text | undefined
  let hostnames = false
  let isVolatile = false
  for (const { name: key, args, block } of lines) {
    if (block !== null) throw new BadValue(key, 'A line of a map ends with ";"')
    if (args.length === 0 && key.text === 'hostnames') hostnames = true
    else if (args.length === 0 && key.text === 'volatile') isVolatile = true
    else {
      if (args.length !== 1)
        throw new BadValue(key, 'A line of a map is a value and what it becomes', 'write VALUE RESULT;')
      const value = readText(args[0]!, references)
      if (key.text === 'default') {
        if (fallback !== undefined) throw new BadValue(key, '"default" is given twice in this map')
        fallback = value
      } else if (key.text.startsWith('~')) {
        const caseless = key.text.startsWith('~*')
        patterns.push({ pattern: readPattern(key, caseless ? 2 : 1, caseless, references), value })
      } else {
        // A backslash keeps a value that would be a word of the map's own.
        const text = key.text.replace(/^\\/, '').toLowerCase()
        if (exact.has(text))
          throw new BadValue(within(key, 0, key.text.length), `${show(text)} is given twice in this map`)
        exact.set(text, value)
      }
    }
  }
  return {
    source: readText(source!, references),
    name,
    exact: Object.fromEntries(exact),
    patterns,
    fallback: fallback ?? [],
    hostnames,
    volatile: isVolatile,
  }
}
