// What a route is: a method and a path, whom it is for, and what it does. `openapi.ts` describes each of them; a test holds the two.
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Visitor } from '../access/gate.ts'
import { parseQuestion } from '../query/parse-question.ts'
import type { PatternBudget } from '../query/pattern-budget.ts'
import type { Question, Scope } from '../query/question.ts'
import { parseRecordId } from '../query/record-id.ts'
import type { Source } from '../query/wire.ts'

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE'

/** Somebody's request. */
export interface Ask {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly parameters: URLSearchParams
  /** What stands in the place of the braces of the route's path; empty where there are none. */
  readonly name: string
  /** Of a request that changes something. */
  readonly body: Readonly<Record<string, unknown>>
  /** Aborted when the client has gone, or the question has taken too long. */
  readonly signal: AbortSignal
}

export interface VisitorsAsk extends Ask {
  readonly visitor: Visitor
  /** Whose records this visitor may see, of all there are. */
  readonly scope: Scope
  /** What the patterns of this visitor may take, whatever they ask. */
  readonly patterns: PatternBudget
}

export type Route = { readonly method: Method /** `/api/errors/{fingerprint}` */; readonly path: string } & (
  | { readonly open: true; handle(ask: Ask): void | Promise<void> }
  | { readonly open?: false; handle(ask: VisitorsAsk): void | Promise<void> }
)

/** A reason to refuse a request; the sentence is for whoever sent it. */
export class BadRequest extends Error {
  readonly status: number
  readonly retryAfterMs: number | undefined

  constructor(sentence: string, status = 400, retryAfterMs?: number) {
    super(sentence)
    this.name = 'BadRequest'
    this.status = status
    this.retryAfterMs = retryAfterMs
  }
}

/** Until then one of what is open may have ended. */
const TOO_MANY_RETRY_MS = 10_000

/** Who has too much open already. */
export class TooMany extends BadRequest {
  constructor(what: string) {
    super(`You have too many ${what} open`, 429, TOO_MANY_RETRY_MS)
  }
}

/** Throws `BadRequest`. */
export function readQuestion({ parameters }: Ask): Question {
  const question = parseQuestion(parameters)
  if (typeof question === 'string') throw new BadRequest(question)
  return question
}

/** A record's id out of a request. One that lies outside of the scope is none: nobody learns whether it is there. */
export function readPlace(text: string | null, scope: Scope): string | undefined {
  if (text === null || text === '') return undefined
  const id = parseRecordId(text)
  if (id === undefined || !isIn(scope, id)) throw new BadRequest(`"${text.slice(0, 100)}" is no record's id`)
  return text
}

export function readCount(
  text: string | null,
  { normally, atLeast = 1, atMost }: { normally: number; atLeast?: number; atMost: number },
): number {
  if (text === null || text === '') return normally
  const count = Number(text)
  if (!Number.isSafeInteger(count) || count < atLeast)
    throw new BadRequest(`"${text.slice(0, 40)}" is no number of records`)
  return Math.min(atMost, count)
}

export function isIn(scope: Scope, { developer, server }: Source): boolean {
  return scope.some((source) => source.developer === developer && source.server === server)
}
