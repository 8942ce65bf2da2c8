// `error_page`: what is shown instead of a reply of ours, or of a script's without a body.
import type { LocationConf } from '../../contract/conf/conf.ts'
import type { Outcome } from '../outcome.ts'
import type { ServedRequest } from '../served-request.ts'

/** Undefined leaves the status as it is. */
export type ErrorPages = (status: number, request: ServedRequest) => Outcome | undefined

export function planErrorPages(_location: LocationConf): ErrorPages | undefined {
  return undefined
}
