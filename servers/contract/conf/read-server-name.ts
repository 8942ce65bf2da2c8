// One name of `server_name`: a whole one, `*.example.com`, `.example.com`, `www.example.*`, `~PATTERN`, or "" for requests without a Host.
import type { ServerName } from './conf.ts'
import { readPattern } from './read-pattern.ts'
import type { References } from './references.ts'
import { show, type Word } from './tokenize.ts'
import { BadValue } from './values.ts'

const NAME = /^[a-z0-9_](?:[a-z0-9._-]{0,252})$|^\[[0-9a-f:.]+\]$/

export function readServerName(word: Word, references: References): ServerName {
  const name = word.text.toLowerCase()
  if (name.startsWith('~')) return { kind: 'pattern', pattern: readPattern(word, 1, true, references) }
  if (name === '') return { kind: 'exact', name }
  if (NAME.test(name)) return { kind: 'exact', name }
  const suffix = /^(\*?)(\.[a-z0-9_].*)$/.exec(name)
  if (suffix !== null && NAME.test(suffix[2]!.slice(1)))
    return { kind: 'suffix', name: suffix[2]!, bare: suffix[1] === '' }
  const prefix = name.endsWith('.*') ? name.slice(0, -2) : ''
  if (NAME.test(prefix)) return { kind: 'prefix', name: prefix }
  throw new BadValue(
    word,
    `${show(word.text)} is not a name of a server: write one like "example.com", "*.example.com", "www.example.*" or "~^www\\d+\\."`,
  )
}
