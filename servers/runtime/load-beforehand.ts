// A process that was started before it is known for which release: what takes long at a start and is the same for all of them is done
// while nobody waits for it.
import type { Conf } from '../contract/conf/conf.ts'
import { loadLogger } from '../log/create-logger.ts'
import { loadEngine } from '../transport/create-transport.ts'
import { keepThread, prepareThread } from './watchdog/start-thread.ts'

/**
 * `all`: also what is not needed for an answer but soon after it. Never rejects: what is wrong is said where it is needed. Workers are
 * others, which do this for themselves.
 */
export async function loadBeforehand(conf: Conf, { all }: { readonly all: boolean }): Promise<void> {
  keepThread()
  if (all && conf.workerProcesses === 1) prepareThread(conf)
  const logger = all && conf.errorLogs.length > 0 ? [loadLogger()] : []
  await Promise.allSettled([loadEngine(conf.engine), ...logger])
}
