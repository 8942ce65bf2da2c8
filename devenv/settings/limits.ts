// What one process of a developer may use of the machine. The defaults are more than a normal sandbox ever meets.

export interface Limits {
  /** Of a process with all its children and its /tmp. Default 1 GiB, above `memory_limit` of the confs. */
  readonly memoryBytes: number
  /** How many processors it may keep busy; null: as many as there are, shared fairly when all want them. Default null. */
  readonly cpus: number | null
  /** Processes and threads together. Default 256. */
  readonly processes: number
  /** Files and sockets one process may have open. Default 65536. */
  readonly openFiles: number
  /** May open connections to other machines. Default true. */
  readonly outbound: boolean
}

export interface YardLimits {
  readonly everybody: Limits
  /** Who may use more or less: only what differs. */
  readonly developers: Readonly<Record<string, Partial<Limits>>>
}

export const DEFAULT_LIMITS: Limits = {
  memoryBytes: 1024 ** 3,
  cpus: null,
  processes: 256,
  openFiles: 65_536,
  outbound: true,
}

/** Of a yard.yml without `limits`. */
export const NO_LIMITS_SAID: YardLimits = { everybody: DEFAULT_LIMITS, developers: {} }

export function limitsOf({ everybody, developers }: YardLimits, developer: string): Limits {
  return { ...everybody, ...(Object.hasOwn(developers, developer) ? developers[developer] : {}) }
}
