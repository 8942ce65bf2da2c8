// A record about one request that no script and no fault of ours has caused, with the fields that nginx puts behind its errors.
import type { Severity } from '../contract/record.ts'
import { requestFields } from './faults.ts'
import { type ServedRequest, shownServer } from './served-request.ts'

export function logFor({ original, plan, generation, id }: ServedRequest, severity: Severity, message: string): void {
  const fields = requestFields({ head: original, server: shownServer(plan.server) })
  generation.services.logger.write({ severity, message, request: id, fields })
}
