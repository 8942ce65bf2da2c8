// nginx's phases, compiled once for each location when a generation is made: a phase with nothing to do costs a request nothing.
import type { LocationConf, ServerConf } from '../contract/conf/conf.ts'
import { type AccessServices, type AccessStep, planAccess } from './access/plan-access.ts'
import { planRealIp, type RealIp } from './access/plan-real-ip.ts'
import type { AccessLogs } from './access-log/access-logs.ts'
import { type AccessLogStep, planAccessLogs } from './access-log/plan-access-logs.ts'
import { type Files, planFiles } from './files/plan-files.ts'
import { planTryFiles, type TryFiles } from './files/plan-try-files.ts'
import { type ErrorPages, planErrorPages } from './filters/plan-error-pages.ts'
import { planFilters, type ReplyFilter } from './filters/plan-filters.ts'
import { planRewrites, type Rewrites } from './rewrite/plan-rewrites.ts'
import { planNameCaptures } from './rewrite/take-captures.ts'
import type { ScriptSource } from './script-source.ts'

export interface Plan {
  readonly server: ServerConf
  readonly location: LocationConf
  /** Of a location with a script. */
  readonly source: ScriptSource | undefined
  readonly rewrites: Rewrites | undefined
  /** `limit_req`, `limit_conn`, `allow` and `deny`, in nginx's order. */
  readonly access: readonly AccessStep[]
  readonly tryFiles: TryFiles | undefined
  /** The content of a location without a script. */
  readonly files: Files | undefined
  readonly errorPages: ErrorPages | undefined
  /** From the content outwards: `expires`, `add_header`, gzip. A script's `headers` hook is between the headers and gzip. */
  readonly filters: readonly ReplyFilter[]
  readonly accessLogs: readonly AccessLogStep[]
}

export interface ServerPlan {
  readonly conf: ServerConf
  readonly realIp: RealIp | undefined
  readonly rewrites: Rewrites | undefined
  /** Where no location is found. */
  readonly base: Plan
  /** By path, in nginx's order; sets what a pattern captured through `capture`. */
  find(path: string, capture: (captures: RegExpExecArray) => void): Plan | undefined
  named(name: string): Plan | undefined
  /** What a pattern among its names captures of a Host; undefined when there is no such name. */
  readonly captureName: ((host: string) => RegExpExecArray | undefined) | undefined
}

/** What the plans of a generation are made with. */
export interface PlanServices extends AccessServices {
  sourceOf(script: string): ScriptSource
  /** Absolute; what `root` is relative to. */
  readonly release: string
  readonly accessLogs: AccessLogs
}

export function planLocation(server: ServerConf, location: LocationConf, services: PlanServices): Plan {
  const { handler } = location
  return {
    server,
    location,
    source: handler.kind === 'script' ? services.sourceOf(handler.file) : undefined,
    rewrites: planRewrites(location.rewrites, server),
    access: planAccess(location, services),
    tryFiles: planTryFiles(location, services),
    files: handler.kind === 'files' ? planFiles(location, services) : undefined,
    errorPages: planErrorPages(location),
    filters: planFilters(location),
    accessLogs: planAccessLogs(location, services),
  }
}

export function planServer(
  conf: ServerConf,
  services: PlanServices,
  findIn: (plans: readonly Plan[]) => ServerPlan['find'],
): ServerPlan {
  const plans = conf.locations.map((location) => planLocation(conf, location, services))
  const named = new Map(
    plans.filter((plan) => plan.location.match === 'named').map((plan) => [plan.location.path, plan]),
  )
  return {
    conf,
    realIp: planRealIp(conf.realIp),
    rewrites: planRewrites(conf.rewrites, conf),
    base: planLocation(conf, conf.base, services),
    find: findIn(plans),
    named: (name) => named.get(name),
    captureName: planNameCaptures(conf.serverNames),
  }
}
