// Picks what was asked for out of many records, and bounds the time that regular expressions take: a pattern such as /(a+)+$/ can take
// longer than the yard will stand.
import { createContext, Script } from 'node:vm'
import type { LogRecord } from '../../servers/contract/record.ts'
import { matchesQuestion, searchedText } from './matches-question.ts'
import { compilePattern } from './parse-search.ts'
import { CALL_MS, createPatternBudget, type PatternBudget, type PatternTime } from './pattern-budget.ts'
import type { PatternTerm, Question } from './question.ts'

/** What the patterns of a question may take of one call: nobody else is answered in that time. */
const PATTERN_MS_MAX = 200
/** And of all of it. What a pattern costs that goes through millions of records is seconds. */
const QUESTION_PATTERNS: PatternTime = { burstMs: 5_000, share: 0.25, freeMs: CALL_MS }

/** A pattern has taken too long. Its message is a sentence for whoever has asked. */
export class SlowPatternError extends Error {
  constructor({ source }: PatternTerm) {
    super(`/${source}/ takes too long; one without repetitions within repetitions does not`)
  }
}

/** Tells V8 to stop within a pattern, which only works for a script: it is called once for all the texts, as a call takes half a millisecond. */
const SCRIPT = new Script('for (let i = 0; i < texts.length; i++) found.push(pattern.test(texts[i]))')

/** Picks the records that match, in their order. Throws SlowPatternError when one call, or all together, take too long. */
export type Selector = <T extends LogRecord>(records: readonly T[]) => T[]

/** `budget`: shared by those who ask together. Default: one of its own. */
export function createSelector(question: Question, budget = createPatternBudget(QUESTION_PATTERNS)): Selector {
  const patterns = question.terms.filter((term) => term.kind === 'pattern')
  if (patterns.length === 0) return (records) => records.filter((record) => matchesQuestion(question, record))
  const rest = { ...question, terms: question.terms.filter((term) => term.kind !== 'pattern') }
  const tests = patterns.map((term) => ({ term, test: createTest(term, budget) }))
  return (records) => {
    let left = records.filter((record) => matchesQuestion(rest, record))
    for (const { term, test } of tests) {
      if (left.length === 0) return left
      const found = test(left.map(searchedText))
      left = left.filter((_record, index) => found[index] !== term.not)
    }
    return left
  }
}

function createTest(term: PatternTerm, budget: PatternBudget): (texts: readonly string[]) => readonly boolean[] {
  const work: { pattern: RegExp; texts: readonly string[]; found: boolean[] } = {
    pattern: compilePattern(term.source),
    texts: [],
    found: [],
  }
  const context = createContext(work)
  return (texts) => {
    const found: boolean[] = []
    work.texts = texts
    work.found = found
    try {
      const timeout = Math.floor(Math.min(PATTERN_MS_MAX, budget.leftMs()))
      if (timeout < 1) throw new SlowPatternError(term)
      budget.spend(() => SCRIPT.runInContext(context, { timeout }))
    } catch {
      throw new SlowPatternError(term)
    } finally {
      work.texts = []
      work.found = []
    }
    return found
  }
}
