// What is known of a directive: where it may stand, how often, what it takes, and what it is when it is not given.
import type { Statement } from '../parse-statements.ts'
import type { References } from '../references.ts'
import type { Word } from '../tokenize.ts'

/** `main` is the file itself; the others are the blocks that bear their names. */
export type Context = 'main' | 'events' | 'edge' | 'server' | 'location'

export interface Directive<Value> {
  readonly contexts: readonly Context[]
  /** As it is written; shown when it was written otherwise. */
  readonly usage: string
  /** How many arguments, at least and at most. */
  readonly args: readonly [min: number, max: number]
  /** Throws BadValue. `inner` is what its block holds when it `opens` a table. */
  readonly read: (args: readonly Word[], references: References, inner: readonly Statement[]) => Value
  /** True when one block may hold several. */
  readonly many?: boolean
  /** `block`: more directives, whose context has its name. `table`: lines of its own, such as those of `types`. */
  readonly opens?: 'block' | 'table'
  /** Its arguments when it is not given, as they would be written; nginx's own where nginx has the directive. */
  readonly standard?: string
  /** What it does, in a line. */
  readonly does: string
}

export function directive<Value>(shape: Directive<Value>): Directive<Value> {
  return shape
}

export const ARGS_MAX = 64
export const NONE = [0, 0] as const
export const ONE = [1, 1] as const
export const MANY = [1, ARGS_MAX] as const
export const HTTP: readonly Context[] = ['edge', 'server', 'location']
export const IN_SERVER: readonly Context[] = ['edge', 'server']
