// The errors of the stores: what a store said stays as it is, that it cannot be reached is said in our words. Both get the
// stack of the script that asked: the library's own begins in its socket handler, where nobody's lines are.
import { EdgeyardError, type ErrorCode, messageOf } from '../contract/errors.ts'

/** Call it in the `catch` of an async function that the script awaits: its frames are in reach there. */
export function restacked(error: unknown): unknown {
  if (error instanceof Error) Error.captureStackTrace(error, restacked)
  return error
}

/** `store` names it for people, e.g. `Redis at 127.0.0.1:6381`. */
export function storeError(code: ErrorCode & `STORE_${string}`, store: string, cause: unknown): EdgeyardError {
  const error = new EdgeyardError(code, `Cannot use ${store}: ${reasonOf(cause)}`, { cause })
  Error.captureStackTrace(error, storeError)
  return error
}

/** A failed connection to a name with several addresses has one error for each, and no message of its own. */
function reasonOf(cause: unknown): string {
  if (cause instanceof AggregateError && cause.errors.length > 0) return cause.errors.map(messageOf).join(', ')
  const text = messageOf(cause)
  return text === '' && cause instanceof Error && 'code' in cause ? String(cause.code) : text
}

/** `127.0.0.1:6381`, or the path of a socket. */
export function addressText(address: { host: string; port: number } | { path: string }): string {
  return 'path' in address ? address.path : `${address.host}:${address.port}`
}
