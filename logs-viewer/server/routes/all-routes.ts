// Everything that can be asked for, but the page's own files.
import type { Audit } from '../../access/audit.ts'
import type { Gate } from '../../access/gate.ts'
import type { Judgements } from '../../state/judgements.ts'
import type { Searches } from '../../state/searches.ts'
import type { Route } from '../route.ts'
import { docsRoutes } from './docs.ts'
import { errorRoutes } from './errors.ts'
import { exportRoutes } from './export.ts'
import { type HealthSources, healthRoutes } from './health.ts'
import { openapiRoute } from './openapi.ts'
import { recordRoutes } from './records.ts'
import { searchRoutes } from './search.ts'
import { searchesRoutes } from './searches.ts'
import { sessionRoutes } from './session.ts'
import { tailRoutes } from './tail.ts'

export interface RouteParts extends HealthSources {
  readonly root: string
  readonly gate: Gate
  readonly audit: Audit
  readonly judgements: Judgements
  readonly searches: Searches
}

export function allRoutes(parts: RouteParts): readonly Route[] {
  const { root, searches } = parts
  return [
    ...sessionRoutes(parts),
    ...recordRoutes(parts),
    ...searchRoutes(parts),
    ...tailRoutes(parts),
    ...errorRoutes(parts),
    ...searchesRoutes(searches),
    ...exportRoutes(parts),
    ...healthRoutes(parts),
    openapiRoute,
    ...docsRoutes(root),
  ]
}
