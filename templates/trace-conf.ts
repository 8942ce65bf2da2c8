// What is wrong in a rendered conf → the place that its owner can change: the value, or the line of the template.
import type { Diagnostic } from '../servers/contract/diagnostic.ts'
import { blame, type Range, type Source } from './blame.ts'
import type { Entry } from './parse-values.ts'

const MUSTACHE = /(\{\{[^{}]*\}\})/
/** A block or a comment: it may take lines away or repeat them. */
const LINES_MOVE = /\{\{[#!]/

/**
 * Values hold no line breaks, so line n of a conf comes from line n of its template. Where that cannot be followed (a block
 * that took lines away, a comment) the diagnostic stays with the rendered text.
 */
export function traceConf(diagnostic: Diagnostic, template: Source, values: ReadonlyMap<string, Entry>): Diagnostic {
  const { line, column, message, hint, lineText = '', length = 1 } = diagnostic
  const lines = template.text.split('\n')
  if (lines.slice(0, line).some((each) => LINES_MOVE.test(each))) return diagnostic
  const templateLine = lines[line - 1] ?? ''
  const parts = templateLine.split(MUSTACHE)
  const entries = parts.map((part) => values.get(part.replace(/^\{\{\s*|\s*\}\}$/g, '')))
  const pattern = parts.map((part, at) => {
    if (at % 2 === 0) return `(${quotePattern(part)})`
    const entry = entries[at]
    // A fact: what it is, is not in anybody's file.
    return entry === undefined ? '(.*?)' : `(${quotePattern(String(entry.value))})`
  })
  const found = new RegExp(`^${pattern.join('')}$`, 'd').exec(lineText)?.indices?.slice(1)
  if (found === undefined) return diagnostic
  const starts = found.map((range) => range![0])
  const at = starts.findLastIndex((start) => start < column)
  const entry = at % 2 === 1 ? entries[at] : undefined
  if (entry !== undefined) return blame(entry.at, message, hint)
  const before = [...lines.slice(0, line - 1), parts.slice(0, at).join('')].join('\n').length
  const start = before + (at % 2 === 1 ? 0 : column - 1 - starts[at]!)
  const range: Range = { source: template, start, end: start + (at % 2 === 1 ? parts[at]!.length : length) }
  return blame(range, message, hint)
}

function quotePattern(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')
}
