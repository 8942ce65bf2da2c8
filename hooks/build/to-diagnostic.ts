// esbuild's messages as ours.
import type { Message } from 'esbuild'
import type { Diagnostic } from '../../servers/contract/diagnostic.ts'
import { NAMESPACE } from './resolve-inside.ts'

/** How esbuild shows the namespace in a file's name. */
const PREFIX = `${NAMESPACE}:`

/** esbuild counts columns from 0 in bytes of UTF-8; a message without a place belongs to `fallbackFile`. */
export function toDiagnostic(message: Message, fallbackFile: string): Diagnostic {
  const { location, text } = message
  const hint = hintOf(message)
  const said = { message: text, ...(hint === undefined ? {} : { hint }) }
  // Nothing outside of the release is ever read, see resolve-inside.ts; were it read, its text would not be shown.
  if (location !== null && !location.file.startsWith(PREFIX)) {
    return { file: fallbackFile, line: 1, column: 1, message: 'Something in this script leads out of the repository' }
  }
  if (location === null) return { file: fallbackFile, line: 1, column: 1, ...said }
  const before = Buffer.from(location.lineText).subarray(0, location.column).toString()
  const marked = Buffer.from(location.lineText)
    .subarray(location.column, location.column + location.length)
    .toString()
  return {
    file: location.file.slice(PREFIX.length),
    line: location.line,
    column: before.length + 1,
    lineText: location.lineText,
    length: Math.max(1, marked.length),
    ...said,
  }
}

function hintOf({ text, detail, location }: Message): string | undefined {
  if (typeof detail === 'string') return detail
  if (text.startsWith('Top-level await'))
    return 'put it into the "start" hook, which is awaited before the server listens'
  return location?.suggestion ? `did you mean ${location.suggestion}?` : undefined
}
