// What a script exports: checked once when it is loaded, trusted from then on.
import { EdgeyardError } from '../contract/errors.ts'
import { nearest } from '../contract/nearest.ts'
import type { HttpScript, SocketScript } from '../contract/script.ts'

export type ScriptHooks = Partial<HttpScript> & Partial<SocketScript<unknown>>

export const HOOKS = [
  'start',
  'stop',
  'error',
  'access',
  'fetch',
  'headers',
  'log',
  'upgrade',
  'open',
  'message',
  'drain',
  'close',
] as const satisfies readonly (keyof ScriptHooks)[]

export interface ParsedHooks {
  readonly hooks: ScriptHooks
  /** What is probably a slip but harms nothing, as sentences. */
  readonly warnings: readonly string[]
}

/** `module` is what a built script left in `module.exports`. Throws SCRIPT_INVALID. */
export function parseHooks(module: unknown, script: string): ParsedHooks {
  const hooks = isObject(module) ? module.default : undefined
  if (!isObject(hooks)) {
    throw invalid(script, 'it has no default export; write `export default { fetch(req, ctx) { … } }`')
  }
  for (const name of HOOKS) {
    const hook = hooks[name]
    if (hook !== undefined && typeof hook !== 'function') throw invalid(script, `"${name}" is not a function`)
  }
  if (hooks.fetch === undefined && hooks.message === undefined) {
    const near = Object.keys(hooks).find((key) => ['fetch', 'message'].includes(nearest(key, HOOKS) ?? ''))
    const hint = near === undefined ? '' : `; did you mean "${nearest(near, HOOKS)}" by "${near}"?`
    throw invalid(script, `it has neither "fetch" (HTTP) nor "message" (WebSocket)${hint}`)
  }
  return { hooks: hooks as ScriptHooks, warnings: [...warningsOf(hooks, script)] }
}

function* warningsOf(hooks: Record<string, unknown>, script: string): Iterable<string> {
  for (const key of Object.keys(hooks)) {
    if ((HOOKS as readonly string[]).includes(key)) continue
    const near = nearest(key, HOOKS)
    yield `${script} exports "${key}", which is not a hook${near === undefined ? '' : `; did you mean "${near}"?`}`
  }
  for (const name of ['upgrade', 'open', 'drain', 'close'] as const) {
    if (hooks[name] !== undefined && hooks.message === undefined) {
      yield `${script} has "${name}" but no "message", so it takes no WebSocket`
    }
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

function invalid(script: string, why: string): EdgeyardError {
  return new EdgeyardError('SCRIPT_INVALID', `Cannot use ${script} as a script: ${why}`)
}
