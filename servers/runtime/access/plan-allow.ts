// `allow` and `deny` (ngx_http_access_module): the first that fits decides; where none does, everybody may come in.
import type { AllowConf } from '../../contract/conf/conf.ts'
import { logFor } from '../log-for.ts'
import { parseNetwork } from './network.ts'
import type { AccessStep } from './plan-access.ts'

/** Empty when there is no rule. */
export function planAllow(rules: readonly AllowConf[]): readonly AccessStep[] {
  if (rules.length === 0) return []
  const parsed = rules.map(({ allow, source }) => ({ allow, fits: parseNetwork(source) }))
  return [
    (request) => {
      const rule = parsed.find(({ fits }) => fits(request.ip))
      if (rule === undefined || rule.allow) return undefined
      logFor(request, 'error', 'access forbidden by rule')
      return 403
    },
  ]
}
