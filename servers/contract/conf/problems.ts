// What is wrong with a conf, gathered while it is read: offsets first, lines and carets only for what is shown.
import { type Diagnostic, locate } from '../diagnostic.ts'
import type { Sources } from './sources.ts'

/** A place in the texts, as offsets of `Sources`, and what is wrong with it. */
export interface Problem {
  readonly start: number
  readonly end: number
  readonly message: string
  readonly hint?: string
}

/** More than this nobody reads at once. */
export const PROBLEMS_MAX = 50

/** Places are not found in the order of the text, so some more are kept than are shown. */
const KEPT_MAX = PROBLEMS_MAX * 4

export class Problems {
  readonly #found: Problem[] = []
  #count = 0

  add(at: { start: number; end: number }, message: string, hint?: string): void {
    this.#count++
    if (!this.full) this.#found.push({ start: at.start, end: at.end, message, ...(hint === undefined ? {} : { hint }) })
  }

  /** True when no more are kept: then a hint is not worth its search, and a hostile conf costs no more than a long one. */
  get full(): boolean {
    return this.#found.length >= KEPT_MAX
  }

  /** How many there are, those included that are not shown. */
  get count(): number {
    return this.#count
  }

  /** The first PROBLEMS_MAX, in the order of the texts. */
  diagnostics(sources: Sources): Diagnostic[] {
    const shown = this.#found.sort((a, b) => a.start - b.start).slice(0, PROBLEMS_MAX)
    return shown.map(({ start, end, message, hint }) => {
      const { file, text, base } = sources.at(start)
      const { line, column, lineText } = locate(text, start - base)
      const length = Math.max(1, Math.min(end - start, lineText.length - column + 1))
      // A problem of the whole file is told at its first line, which may well be empty.
      const shownLine = lineText.trim() === '' ? {} : { lineText, length }
      return { file, line, column, message, ...shownLine, ...(hint === undefined ? {} : { hint }) }
    })
  }
}
