// Which of its server's workers a process is.

export interface WorkerIdentity {
  /** 0 to count - 1. The one that replaces a dead worker has its number. */
  readonly id: number
  /** `worker_processes`. */
  readonly count: number
}

/** How a master tells its workers. */
const VARIABLE = 'EDGEYARD_WORKER'

/** A process that nobody has told is the only one. */
export function readWorkerIdentity(env: NodeJS.ProcessEnv): WorkerIdentity {
  const [, id, count] = /^(\d+)\/(\d+)$/.exec(env[VARIABLE] ?? '') ?? []
  return count === undefined ? { id: 0, count: 1 } : { id: Number(id), count: Number(count) }
}

/** Of the environment that a worker is started with. */
export function workerVariables({ id, count }: WorkerIdentity): Record<string, string> {
  return { [VARIABLE]: `${id}/${count}` }
}
