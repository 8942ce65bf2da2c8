// A range of a file's text → the diagnostic that points at it.
import { type Diagnostic, locate } from '../servers/contract/diagnostic.ts'

/** A file as its owner knows it: `socketserver.values.yaml`, or `dev1:socketserver.values.yaml` on a developer's branch. */
export interface Source {
  readonly file: string
  readonly text: string
}

/** Offsets into a source's text; `end` is exclusive. */
export interface Range {
  readonly source: Source
  readonly start: number
  readonly end: number
}

export function blame({ source, start, end }: Range, message: string, hint?: string): Diagnostic {
  const { line, column, lineText } = locate(source.text, Math.min(start, source.text.length))
  const length = Math.max(1, Math.min(end - start, lineText.length - column + 1))
  const shown = lineText.trim() === '' ? {} : { lineText, length }
  return { file: source.file, line, column, message, ...shown, ...(hint === undefined ? {} : { hint }) }
}

/** The first line of a file, for what is wrong with all of it. */
export function wholeFile(file: string, text = ''): Range {
  return { source: { file, text }, start: 0, end: 0 }
}

/** In the order in which one reads: by file, then by place. */
export function inOrder(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  return [...diagnostics].sort(
    (a, b) => compare(a.file, b.file) || a.line - b.line || a.column - b.column || compare(a.message, b.message),
  )
}

/** Not localeCompare: the order must not depend on the machine. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
