// `error_page`: what is shown instead of a reply of ours, or of a script's without a body.
import type { LocationConf } from '../../contract/conf/conf.ts'
import { withMethod } from '../../transport/request-head.ts'
import { splitTarget } from '../files/split-target.ts'
import { InternalRedirect, type Outcome } from '../outcome.ts'
import { redirectTo } from '../rewrite/redirect-to.ts'
import type { ServedRequest } from '../served-request.ts'
import { evaluate } from '../variables/evaluate.ts'

/** Undefined leaves the status as it is. */
export type ErrorPages = (status: number, request: ServedRequest) => Outcome | undefined

const REDIRECTS = new Set([301, 302, 303, 307, 308])

/** Undefined when there are none. What the page itself fails with is sent as it is (nginx's `recursive_error_pages off`). */
export function planErrorPages({ errorPages }: Pick<LocationConf, 'errorPages'>): ErrorPages | undefined {
  if (errorPages.length === 0) return undefined
  return (status, request) => {
    const found = request.isErrorPage ? undefined : errorPages.find(({ statuses }) => statuses.includes(status))
    if (found === undefined) return undefined
    const { response } = found
    const target = evaluate(found.target, request)
    request.isErrorPage = true
    if (!target.startsWith('/') && !target.startsWith('@')) {
      const redirect = typeof response === 'number' && REDIRECTS.has(response) ? response : 302
      return redirectTo(request, redirect, target)
    }
    request.errorStatus = response === 'same' ? status : response === 'page' ? undefined : response
    if (target.startsWith('@')) return new InternalRedirect({ named: target })
    // A page is asked for with GET, whatever has failed.
    if (request.head.method !== 'HEAD') request.head = withMethod(request.head, 'GET')
    return new InternalRedirect(splitTarget(target))
  }
}
