// A place in somebody's file that is to blame, and how it is shown: `file:line:column: message`, the line, a caret.

/** Lines and columns count from 1; columns count UTF-16 units, as editors and esbuild's output are read. */
export interface Diagnostic {
  /** As the owner of the file knows it: relative to the repository or folder they work in. */
  readonly file: string
  readonly line: number
  readonly column: number
  readonly message: string
  /** The text of the line, when it is known. */
  readonly lineText?: string
  /** How many columns the caret underlines. Default 1. */
  readonly length?: number
  /** What to do about it, e.g. `did you mean "worker_processes"?` */
  readonly hint?: string
}

/** The longest part of a source line that is shown; a minified line must not fill a terminal. */
const LINE_TEXT_MAX = 160

/** Renders one diagnostic as up to three lines, without colours and without a trailing newline. */
export function renderDiagnostic(diagnostic: Diagnostic): string {
  const { file, line, column, message, hint, lineText } = diagnostic
  const head = `${file}:${line}:${column}: ${message}${hint ? `; ${hint}` : ''}`
  if (lineText === undefined) return head
  // A tab stays a tab under the caret, so that both lines are indented alike whatever a tab is worth.
  const start = Math.max(0, column - 1 > LINE_TEXT_MAX - 20 ? column - 1 - LINE_TEXT_MAX / 2 : 0)
  const shown = lineText.slice(start, start + LINE_TEXT_MAX)
  const before = lineText.slice(start, column - 1).replace(/[^\t]/g, ' ')
  const room = Math.max(1, shown.length - before.length)
  return `${head}\n  ${shown}\n  ${before}${'^'.repeat(Math.min(Math.max(1, diagnostic.length ?? 1), room))}`
}

/** The line and column (from 1) of an offset in a text, with the text of that line. */
export function locate(text: string, offset: number): { line: number; column: number; lineText: string } {
  // lastIndexOf takes a negative start for 0, and would find a newline at the offset itself.
  const start = offset === 0 ? 0 : text.lastIndexOf('\n', offset - 1) + 1
  const end = text.indexOf('\n', offset)
  let line = 1
  for (let i = text.indexOf('\n'); i !== -1 && i < start; i = text.indexOf('\n', i + 1)) line++
  return {
    line,
    column: offset - start + 1,
    lineText: text.slice(start, end === -1 ? undefined : end).replace(/\r$/, ''),
  }
}
