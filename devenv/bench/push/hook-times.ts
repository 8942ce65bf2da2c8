// Where the time of a push goes, from git's own trace (GIT_TRACE2_EVENT) and from what the hooks say of their steps.
import { readFileSync } from 'node:fs'

interface TraceEvent {
  readonly event: string
  readonly hook_name?: string
  readonly child_class?: string
  readonly child_id?: number
  readonly sid: string
  readonly t_rel?: number
}

/** Milliseconds that each hook took, its start-up included. */
export function readHookTimes(traceFile: string): Record<string, number> {
  const events = readFileSync(traceFile, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as TraceEvent)
  const hooks = events.filter(({ event, child_class }) => event === 'child_start' && child_class === 'hook')
  return Object.fromEntries(
    hooks.map(({ sid, child_id, hook_name = '' }) => {
      const end = events.find((one) => one.event === 'child_exit' && one.sid === sid && one.child_id === child_id)
      return [hook_name, (end?.t_rel ?? 0) * 1000]
    }),
  )
}

/** Milliseconds that the hook says a step of its walk took. */
export function readStep(output: string, step: string): number {
  return Number(new RegExp(`^remote: ${step} +(\\d+) ms`, 'm').exec(output)?.[1] ?? Number.NaN)
}
