// What somebody asks, as a value: of the address of the page, of the API, of the tail.
import type { Severity } from '../../servers/contract/record.ts'
import type { Source } from './wire.ts'

export interface Question {
  /** Empty: whatever may be seen. */
  readonly developers: readonly string[]
  readonly servers: readonly string[]
  /** This one and worse; null: all. */
  readonly severity: Severity | null
  /** ISO 8601 of arrival, `from` in, `to` out; null: open. */
  readonly from: string | null
  readonly to: string | null
  /** All of them have to hold. */
  readonly terms: readonly Term[]
}

/** What is asked when nothing is said. */
export const EVERYTHING: Question = { developers: [], servers: [], severity: null, from: null, to: null, terms: [] }

/** A part of the text `q`. Texts and values are in lower case: case never matters. */
export type Term = TextTerm | PatternTerm | FieldTerm

/** `word`, `"several words"`: a substring of the message, the stack, the request's id or the fields. */
export interface TextTerm {
  readonly kind: 'text'
  readonly not: boolean
  readonly text: string
}

/** `/regular expression/`, on the same; whoever asks many records bounds its time (`createSelector`). */
export interface PatternTerm {
  readonly kind: 'pattern'
  readonly not: boolean
  readonly source: string
}

/**
 * `key:value`: a part of the record (`release`, `request`, `pid`, `kind`) or one of its fields, `room.id:5`, compared as text. It holds
 * as well where `key:value` stands in the text as it is: nobody has to know that a colon means something.
 */
export interface FieldTerm {
  readonly kind: 'field'
  readonly not: boolean
  readonly key: string
  readonly value: string
}

/** What a session may see. Whoever reads records is given one; nothing outside of it is ever opened. */
export type Scope = readonly Source[]
