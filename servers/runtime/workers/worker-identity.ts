// Which of its server's workers a process is, and where they keep what they share. A server with one process has no such place.

export interface WorkerIdentity {
  /** 0 to count - 1. The one that replaces a dead worker has its number. */
  readonly id: number
  /** `worker_processes`. */
  readonly count: number
  /**
   * A folder of this running server alone, absolute, on the disk of its prefix: made before the first worker starts, kept over reloads,
   * removed when the server has ended. Undefined when `count` is 1.
   */
  readonly sharedFolder: string | undefined
}

/** How a master tells its workers. */
const VARIABLE = 'EDGEYARD_WORKER'

/** A process that nobody has told is the only one. */
export function readWorkerIdentity(env: NodeJS.ProcessEnv): WorkerIdentity {
  const [, id, count, sharedFolder] = /^(\d+)\/(\d+) (.+)$/.exec(env[VARIABLE] ?? '') ?? []
  if (sharedFolder === undefined) return { id: 0, count: 1, sharedFolder: undefined }
  return { id: Number(id), count: Number(count), sharedFolder }
}

/** Of the environment that a worker is started with. */
export function workerVariables({ id, count, sharedFolder }: WorkerIdentity): Record<string, string> {
  return { [VARIABLE]: `${id}/${count} ${sharedFolder}` }
}
