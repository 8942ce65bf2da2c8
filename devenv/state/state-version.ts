// Every file of state says in which form it is written, so that a newer edgeyard knows an older yard, and an older one
// does not spoil what a newer one has written. Pure.
import { EdgeyardError } from '../../servers/contract/errors.ts'

/** The form that this edgeyard writes. Files from before there was a number are of form 0. */
export const STATE_VERSION = 1

/** The text of a file of state: one object, its version first, and a newline. */
export function renderState(state: object, options: { readonly indent?: number } = {}): string {
  return `${JSON.stringify({ version: STATE_VERSION, ...state }, null, options.indent)}\n`
}

/**
 * The object in a file of state; null for a text that is none: it was cut off or spoilt. Throws `ROOT_UNUSABLE`, naming
 * `file`, for a form that only a newer edgeyard knows.
 */
export function parseState(text: string, file: string): Readonly<Record<string, unknown>> | null {
  const state = parseObject(text)
  const version = state?.version ?? 0
  if (state === null || !Number.isInteger(version)) return null
  if ((version as number) <= STATE_VERSION) return state
  throw new EdgeyardError(
    'ROOT_UNUSABLE',
    `Cannot use ${file}: a newer edgeyard wrote it (version ${version}, this one knows ${STATE_VERSION}); use that one, or bring the yard back from a backup`,
  )
}

function parseObject(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : null
  } catch {
    return null
  }
}
