// Who may come in, and how often: `limit_req`, `limit_conn`, `allow` and `deny`, in the order in which nginx asks them.
import type { Conf, LocationConf } from '../../contract/conf/conf.ts'
import type { ZoneStore } from '../dict/zone.ts'
import type { ServedRequest } from '../served-request.ts'
import { planLimitConn } from './limit-conn.ts'
import { planLimitReq } from './limit-req.ts'
import type { Bucket } from './limit-req-zones.ts'
import { planAllow } from './plan-allow.ts'

/** The status that refuses the request; undefined lets it pass. */
export type AccessStep = (request: ServedRequest) => number | undefined | Promise<number | undefined>

export interface AccessServices {
  readonly conf: Pick<Conf, 'limitReqZones' | 'limitConnZones'>
  readonly zones: ZoneStore
  /** By the name of their zone. */
  readonly buckets: ReadonlyMap<string, Bucket>
}

export function planAccess(location: LocationConf, services: AccessServices): readonly AccessStep[] {
  const limits = [planLimitReq(location, services), planLimitConn(location, services)]
  return [...limits.filter((step) => step !== undefined), ...planAllow(location.allow)]
}
