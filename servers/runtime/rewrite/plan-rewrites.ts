// `set`, `rewrite`, `return`, `break`: ngx_http_rewrite_module's steps in the order of the text.
import type { RewriteConf } from '../../contract/conf/conf.ts'
import type { Outcome } from '../outcome.ts'
import { page } from '../pages.ts'
import type { ServedRequest } from '../served-request.ts'
import { evaluate } from '../variables/evaluate.ts'

/** `last` looks for the location again, `break` ends the phase; undefined goes on with the next step. */
export type RewriteStep = (request: ServedRequest) => 'last' | 'break' | Exclude<Outcome, string> | undefined

const REDIRECTS = new Set([301, 302, 303, 307, 308])

export function planRewrites(rewrites: readonly RewriteConf[]): readonly RewriteStep[] {
  return rewrites.flatMap((rewrite): RewriteStep[] => (rewrite.kind === 'return' ? [returnStep(rewrite)] : []))
}

function returnStep({ status, text }: Extract<RewriteConf, { kind: 'return' }>): RewriteStep {
  return (request) => {
    if (text.length === 0 && status >= 300) return page(status, request.id)
    const body = evaluate(text, request)
    if (REDIRECTS.has(status)) return { status, headers: [['location', body]], body: undefined }
    return { status, headers: body === '' ? [] : [['content-type', 'text/plain; charset=utf-8']], body }
  }
}
