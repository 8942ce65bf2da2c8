// Which services have to be started, started anew or stopped, so that those that should run do, as they should. Pure.

export interface DesiredService {
  readonly key: string
  /** Stands for everything it was started with: another one means another start. */
  readonly fingerprint: string
}

export interface ServicePlan {
  readonly stop: readonly string[]
  /** Not running, or running as something else; in the order in which they were desired. */
  readonly start: readonly string[]
}

/** `running`: the fingerprint of each service that runs, by key. */
export function planServices(desired: readonly DesiredService[], running: ReadonlyMap<string, string>): ServicePlan {
  const wanted = new Set(desired.map(({ key }) => key))
  return {
    stop: [...running.keys()].filter((key) => !wanted.has(key)),
    start: desired.filter(({ key, fingerprint }) => running.get(key) !== fingerprint).map(({ key }) => key),
  }
}
