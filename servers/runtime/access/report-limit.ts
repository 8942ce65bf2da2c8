// One record for each request that met a limit, with nginx's fields behind it.
import type { Severity } from '../../contract/record.ts'
import { requestFields } from '../faults.ts'
import { type ServedRequest, shownServer } from '../served-request.ts'

export function reportLimit({ head, plan, generation, id }: ServedRequest, severity: Severity, message: string): void {
  const fields = requestFields({ head, server: shownServer(plan.server) })
  generation.services.logger.write({ severity, message, request: id, fields })
}
