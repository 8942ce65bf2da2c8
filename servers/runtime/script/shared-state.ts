// `ctx.dict`, `ctx.lock` and `ctx.limit`: what the workers of a server share.
import type { SharedState } from '../context.ts'

export function createSharedState(): SharedState {
  const missing = (what: string, name: string): never => {
    throw new Error(`Cannot use the ${what} "${name}": the conf has none of that name`)
  }
  return {
    dict: (name) => missing('dict', name),
    lock: async (key) => missing('lock', key),
    limit: (zone) => missing('zone', zone),
  }
}
