// Which location a path belongs to, in nginx's order: `location =`, the longest beginning, then patterns in the order of the text,
// unless that beginning is `^~`; the beginning when no pattern fits.
import type { Plan, ServerPlan } from '../phases.ts'

export function findIn(plans: readonly Plan[]): ServerPlan['find'] {
  const exact = new Map<string, Plan>()
  const prefixes: Plan[] = []
  const patterns: { readonly regex: RegExp; readonly plan: Plan }[] = []
  for (const plan of plans) {
    const { match, path, caseless } = plan.location
    if (match === 'exact') exact.set(path, plan)
    else if (match === 'pattern') patterns.push({ regex: new RegExp(path, caseless ? 'i' : ''), plan })
    else if (match !== 'named') prefixes.push(plan)
  }
  prefixes.sort((a, b) => b.location.path.length - a.location.path.length)
  return (path, capture) => {
    const found = exact.get(path) ?? prefixes.find((plan) => path.startsWith(plan.location.path))
    if (patterns.length === 0 || found?.location.match === 'exact' || found?.location.match === 'final-prefix')
      return found
    for (const { regex, plan } of patterns) {
      const captures = regex.exec(path)
      if (captures === null) continue
      capture(captures)
      return plan
    }
    return found
  }
}
