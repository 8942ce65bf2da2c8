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

/** A part of the text `q`. Texts are in lower case: case never matters. */
export type Term = { readonly not: boolean } & (
  | /** `word`, `"several words"`: a substring of the message, the stack, the request's id or the fields. */
  { readonly kind: 'text'; readonly text: string } /** `/regular expression/`, on the same; its time is bounded. */
  | {
      readonly kind: 'pattern'
      readonly source: string
    } /** `key:value`: a part of the record (`release`, `request`, `pid`, `kind`) or one of its fields, `room.id:5`, compared as text. */
  | { readonly kind: 'field'; readonly key: string; readonly value: string }
)

/** What a session may see. Whoever reads records is given one; nothing outside of it is ever opened. */
export type Scope = readonly Source[]
