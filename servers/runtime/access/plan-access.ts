// Who may come in, and how often: `limit_conn`, `limit_req`, `allow` and `deny`, in nginx's order.
import type { LocationConf } from '../../contract/conf/conf.ts'
import type { PlanServices } from '../phases.ts'
import type { ServedRequest } from '../served-request.ts'

/** The status that refuses the request; undefined lets it pass. */
export type AccessStep = (request: ServedRequest) => number | undefined | Promise<number | undefined>

export function planAccess(_location: LocationConf, _services: PlanServices): readonly AccessStep[] {
  return []
}
