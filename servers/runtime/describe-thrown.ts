// Whatever a script threw, in words: an Error with its causes, or any other value in full.
import { inspect } from 'node:util'
import type { StackMapper } from './stack-mapper.ts'

export interface Described {
  /** One line where the error has one: `TypeError: x is not a function`. */
  readonly message: string
  /** In TypeScript lines, causes included. */
  readonly stack?: string
}

/** Causes of causes beyond this are left out: a loop of causes must end. */
const CAUSES_MAX = 8
/** Errors of one AggregateError that are shown. */
const ERRORS_MAX = 8

/** Characters of a message, and of a stack: no record needs more, and writing megabytes would hold up everybody else. */
const TEXT_LENGTH_MAX = 16 * 1024

/** Never throws, whatever getters the thrown value has. */
export function describeThrown(thrown: unknown, stacks: Pick<StackMapper, 'map'>): Described {
  try {
    if (!isError(thrown)) return { message: bounded(`Thrown, but not an Error: ${shown(thrown)}`) }
    return { message: bounded(titleOf(thrown)), stack: bounded(stackOf(thrown, stacks, CAUSES_MAX)) }
  } catch {
    return { message: 'Thrown, and throws itself when it is looked at' }
  }
}

/** What a script logs: a text as it is, an Error as it would be when thrown, any other value as it looks. Never throws. */
export function describeLogged(value: unknown, stacks: Pick<StackMapper, 'map'>): Described {
  try {
    return isError(value) ? describeThrown(value, stacks) : { message: bounded(shown(value)) }
  } catch {
    return { message: 'Logged, and throws when it is looked at' }
  }
}

/** Not only `instanceof`: an error may come from another realm. Never throws: what throws when it is looked at is none. */
export function isError(value: unknown): value is Error {
  try {
    return value instanceof Error || Object.prototype.toString.call(value) === '[object Error]'
  } catch {
    return false
  }
}

/** What hooks are given: an Error as it is, anything else as the cause of one. */
export function toError(thrown: unknown): Error {
  return isError(thrown) ? thrown : new Error(`Thrown, but not an Error: ${shown(thrown)}`, { cause: thrown })
}

function titleOf(error: Error): string {
  const title = error.message === '' ? error.name : `${error.name}: ${error.message}`
  return 'code' in error && typeof error.code === 'string' && !title.includes(error.code)
    ? `${title} (${error.code})`
    : title
}

function stackOf(error: Error, stacks: Pick<StackMapper, 'map'>, causesLeft: number): string {
  const parts = [typeof error.stack === 'string' ? stacks.map(error.stack) : titleOf(error)]
  const errors: unknown = 'errors' in error ? error.errors : undefined
  if (Array.isArray(errors) && causesLeft > 0) {
    for (const [index, one] of errors.slice(0, ERRORS_MAX).entries()) {
      parts.push(`error ${index + 1} of ${errors.length}: ${anyStack(one, stacks, causesLeft - 1)}`)
    }
  }
  if (error.cause !== undefined && causesLeft > 0) {
    parts.push(`caused by: ${anyStack(error.cause, stacks, causesLeft - 1)}`)
  }
  return parts.join('\n')
}

function anyStack(thrown: unknown, stacks: Pick<StackMapper, 'map'>, causesLeft: number): string {
  return isError(thrown) ? stackOf(thrown, stacks, causesLeft) : shown(thrown)
}

function shown(value: unknown): string {
  return typeof value === 'string' ? value : inspect(value, { depth: 4, maxStringLength: 4096, maxArrayLength: 50 })
}

function bounded(text: string): string {
  return text.length <= TEXT_LENGTH_MAX ? text : `${text.slice(0, TEXT_LENGTH_MAX)} … [cut: ${text.length} characters]`
}
