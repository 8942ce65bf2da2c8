// `try_files`: the first candidate that is there, or what is to be done instead.
import type { LocationConf } from '../../contract/conf/conf.ts'
import type { Outcome } from '../outcome.ts'
import type { PlanServices } from '../phases.ts'
import type { ServedRequest } from '../served-request.ts'

/** Sets `request.uri` to the candidate that is there and resolves with undefined; else with what is done instead. */
export type TryFiles = (request: ServedRequest) => Promise<Outcome | undefined>

export function planTryFiles(_location: LocationConf, _services: PlanServices): TryFiles | undefined {
  return undefined
}
