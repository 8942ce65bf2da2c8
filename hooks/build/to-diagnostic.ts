// esbuild's messages as ours.
import type { Message } from 'esbuild'
import type { Diagnostic } from '../../servers/contract/diagnostic.ts'
import { COMMON_NAMESPACE } from './resolve-inside.ts'
import { sourcePath, withSourcePaths } from './source-path.ts'

/**
 * esbuild counts columns from 0 in bytes of UTF-8; a message without a place belongs to `fallbackFile`. `showsCommon`: to the
 * operator, who may read the common library; others learn the place only.
 */
export function toDiagnostic(
  message: Message,
  fallbackFile: string,
  options: { showsCommon?: boolean } = {},
): Diagnostic {
  const { location } = message
  const hint = hintOf(message)
  const said = { message: withSourcePaths(message.text), ...(hint === undefined ? {} : { hint }) }
  if (location === null) return { file: fallbackFile, line: 1, column: 1, ...said }
  const file = sourcePath(location.file)
  // Nothing outside of the release is ever read, see resolve-inside.ts; were it read, its text would not be shown.
  if (file === undefined) {
    return { file: fallbackFile, line: 1, column: 1, message: 'Something in this script leads out of the repository' }
  }
  const before = Buffer.from(location.lineText).subarray(0, location.column).toString()
  const place = { file, line: location.line, column: before.length + 1 }
  if (location.file.startsWith(`${COMMON_NAMESPACE}:`) && !options.showsCommon) return { ...place, ...said }
  const marked = Buffer.from(location.lineText)
    .subarray(location.column, location.column + location.length)
    .toString()
  return { ...place, lineText: location.lineText, length: Math.max(1, marked.length), ...said }
}

function hintOf({ text, detail, location }: Message): string | undefined {
  if (typeof detail === 'string') return detail
  if (text.startsWith('Top-level await'))
    return 'put it into the "start" hook, which is awaited before the server listens'
  return location?.suggestion ? `did you mean ${location.suggestion}?` : undefined
}
