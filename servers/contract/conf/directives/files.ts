// Files: ngx_http_core_module's part of it, and ngx_http_index_module.
import type { FilesConf, LocationConf } from '../conf.ts'
import type { Statement } from '../parse-statements.ts'
import { readText } from '../read-text.ts'
import type { References } from '../references.ts'
import { type Place, show, type Word } from '../tokenize.ts'
import { BadValue, readNumber, readOneOf, readOnOff, readPlain, readReleasePath } from '../values.ts'
import { ARGS_MAX, directive, HTTP, MANY, NONE, ONE } from './directive.ts'

export const FILES = {
  root: directive({
    contexts: HTTP,
    usage: 'root DIR;',
    args: ONE,
    read: ([word]) => readReleasePath(word!),
    does: 'Files of the release: DIR and the whole path behind it.',
  }),
  alias: directive({
    contexts: ['location'],
    usage: 'alias DIR;',
    args: ONE,
    read: ([word]) => readReleasePath(word!),
    does: "Files of the release: DIR and what follows the location's path.",
  }),
  index: directive({
    contexts: HTTP,
    usage: 'index FILE...;',
    args: MANY,
    read: (words) => words.map(readIndex),
    standard: 'index.html',
    does: 'What a path that ends with `/` gives: the first that is there.',
  }),
  try_files: directive<LocationConf['tryFiles'] & { readonly at: Place }>({
    contexts: ['server', 'location'],
    usage: 'try_files TEXT... TEXT|@NAME|=CODE;',
    args: [2, ARGS_MAX],
    read: readTryFiles,
    does: 'The first file that is there (with a `/` at the end: a folder), else the last.',
  }),
  types: directive<NonNullable<FilesConf['types']>>({
    contexts: HTTP,
    usage: 'types { TYPE EXTENSION...; }',
    args: NONE,
    opens: 'table',
    read: (_, __, lines) => readTypes(lines),
    does: 'The types of files by their extension, instead of the usual ones.',
  }),
  default_type: directive({
    contexts: HTTP,
    usage: 'default_type TYPE;',
    args: ONE,
    read: ([word]) => readPlain(word!),
    standard: 'text/plain',
    does: 'The type of a file whose extension says nothing, and of what `return` sends.',
  }),
  etag: directive({
    contexts: HTTP,
    usage: 'etag on|off;',
    args: ONE,
    read: ([word]) => readOnOff(word!),
    standard: 'on',
    does: 'Sends an `ETag` with files.',
  }),
  if_modified_since: directive<FilesConf['ifModifiedSince']>({
    contexts: HTTP,
    usage: 'if_modified_since off|exact|before;',
    args: ONE,
    read: ([word]) => readOneOf(word!, ['off', 'exact', 'before'], 'a way to compare'),
    standard: 'exact',
    does: "When a file counts as not modified: never, at the very time of the client's copy, or not after it.",
  }),
  max_ranges: directive({
    contexts: HTTP,
    usage: 'max_ranges NUMBER;',
    args: ONE,
    read: ([word]) => readNumber(word!, { min: 0, max: 1_000_000 }),
    does: 'Parts of a file that one request may ask for; of one with more, and with 0, the whole is sent.',
  }),
}

function readIndex(word: Word): string {
  const file = readPlain(word)
  // One that begins with "/" is a path of the server, for every folder.
  if (!/(?:^|\/)\.{1,2}(?:\/|$)|\/$/.test(file)) return file
  throw new BadValue(word, `${show(file)} is not a file of a folder: write a name like "index.html"`)
}

function readTryFiles(words: readonly Word[], references: References) {
  const last = words.at(-1)!
  const candidates = words.slice(0, -1).map((word) => readText(word, references))
  return { candidates, otherwise: readOtherwise(last, references), at: last }
}

function readOtherwise(word: Word, references: References): NonNullable<LocationConf['tryFiles']>['otherwise'] {
  const { text } = word
  if (text.startsWith('@')) return { kind: 'named', name: text }
  if (!text.startsWith('=')) return { kind: 'uri', uri: readText(word, references) }
  if (/^=[2-5]\d\d$/.test(text)) return { kind: 'status', status: Number(text.slice(1)) }
  throw new BadValue(word, `${show(text)} is not a status: write one like "=404"`)
}

function readTypes(lines: readonly Statement[]): Readonly<Record<string, string>> {
  const types = new Map<string, string>()
  for (const { name, args, block } of lines) {
    if (block !== null || !/^[^/\s]+\/[^/\s]+$/.test(name.text)) {
      throw new BadValue(
        name,
        `${show(name.text)} is not a type`,
        'write TYPE EXTENSION...; such as text/html html htm;',
      )
    }
    if (args.length === 0) throw new BadValue(name, `The type ${show(name.text)} has no extension`)
    for (const { text } of args) types.set(text.toLowerCase(), name.text)
  }
  return Object.fromEntries(types)
}
