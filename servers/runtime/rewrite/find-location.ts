// Which location a path belongs to: `location =`, then the longest prefix, as nginx searches.
import type { Plan, ServerPlan } from '../phases.ts'

export function findIn(plans: readonly Plan[]): ServerPlan['find'] {
  const exact = new Map<string, Plan>()
  const prefixes: Plan[] = []
  for (const plan of plans) {
    if (plan.location.match === 'exact') exact.set(plan.location.path, plan)
    else prefixes.push(plan)
  }
  prefixes.sort((a, b) => b.location.path.length - a.location.path.length)
  return (path) => exact.get(path) ?? prefixes.find((plan) => path.startsWith(plan.location.path))
}
