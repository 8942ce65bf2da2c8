// `access_log`: a line for each request, when it has ended.
import type { LocationConf } from '../../contract/conf/conf.ts'
import type { PlanServices } from '../phases.ts'
import type { ServedRequest } from '../served-request.ts'

export type AccessLogStep = (request: ServedRequest) => void

export function planAccessLogs(_location: LocationConf, _services: PlanServices): readonly AccessLogStep[] {
  return []
}
