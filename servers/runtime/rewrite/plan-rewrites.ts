// `set`, `rewrite`, `return`, `break`: ngx_http_rewrite_module's steps in the order of the text.
import type { RewriteConf, ServerConf } from '../../contract/conf/conf.ts'
import { plainText } from '../../contract/conf/read-text.ts'
import { contentTypeOf } from '../files/content-types.ts'
import type { Outcome } from '../outcome.ts'
import { page } from '../pages.ts'
import type { ServedRequest } from '../served-request.ts'
import { evaluate } from '../variables/evaluate.ts'
import { redirectTo } from './redirect-to.ts'
import { planRewrite, type Rewritten } from './rewrite-step.ts'

/** All steps of a server or a location. `last`: the path has changed, so its location is to be found anew; undefined: nothing ended here. */
export type Rewrites = (request: ServedRequest) => 'last' | Outcome | undefined

const REDIRECTS = new Set([301, 302, 303, 307, 308])

/** Undefined when there is nothing to do. `server` is the one around them. */
export function planRewrites(rewrites: readonly RewriteConf[], server: ServerConf): Rewrites | undefined {
  const steps = rewrites.map((rewrite) => planStep(rewrite, rewrites, server))
  if (steps.length === 0) return undefined
  return (request) => {
    let changed = false
    for (const step of steps) {
      const result = step(request)
      if (result === undefined) continue
      if (result === 'break') return undefined
      if (result !== 'changed') return result
      changed = true
    }
    return changed ? 'last' : undefined
  }
}

function planStep(
  rewrite: RewriteConf,
  around: readonly RewriteConf[],
  server: ServerConf,
): (request: ServedRequest) => Rewritten {
  if (rewrite.kind === 'break') return () => 'break'
  if (rewrite.kind === 'return') return planReturn(rewrite)
  if (rewrite.kind === 'rewrite') return planRewrite(rewrite)
  return planSet(rewrite, isAlone(rewrite.name, around, server))
}

/** Nothing else gives that variable a value while the request is where it is set: then `env` of the location has it already. */
function isAlone(name: string, around: readonly RewriteConf[], server: ServerConf): boolean {
  const others = around === server.rewrites ? server.locations.flatMap(({ rewrites }) => rewrites) : server.rewrites
  return [...around, ...others].filter((rewrite) => rewrite.kind === 'set' && rewrite.name === name).length === 1
}

function planSet({ name, value }: Extract<RewriteConf, { kind: 'set' }>, alone: boolean) {
  if (name === 'args') {
    return (request: ServedRequest): undefined => {
      request.args = evaluate(value, request)
    }
  }
  const isKnown = alone && plainText(value) !== undefined
  return (request: ServedRequest): undefined => {
    if (isKnown && !request.internal && !request.variables?.has(name)) return
    const given = evaluate(value, request)
    request.variables ??= new Map()
    request.variables.set(name, given)
  }
}

function planReturn({ status, text }: Extract<RewriteConf, { kind: 'return' }>): (request: ServedRequest) => Outcome {
  if (status === 444) return () => 'close'
  if (REDIRECTS.has(status)) return (request) => redirectTo(request, status, evaluate(text, request))
  if (text.length === 0 && status >= 400) return (request) => page(status, request.id)
  if (status === 204) return () => ({ status, headers: [], body: undefined })
  return (request) => {
    request.status = status
    const type = contentTypeOf(request.uri, request.plan.location.files)
    return { status, headers: [['content-type', type]], body: evaluate(text, request) }
  }
}

/** What `set` has given where the request was is kept where it is sent on to. */
export function keepVariables(request: ServedRequest): void {
  const { env } = request.plan.location
  for (const name of Object.keys(env)) {
    if (request.variables?.has(name)) continue
    request.variables ??= new Map()
    request.variables.set(name, env[name]!)
  }
}
