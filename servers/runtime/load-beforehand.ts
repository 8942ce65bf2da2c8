// A process that was started before it is known for which release: everything that takes long at a start and is the same for all of
// them is done while nobody waits for it.
import type { Conf } from '../contract/conf/conf.ts'
import { loadLogger } from '../log/create-logger.ts'
import { loadEngine } from '../transport/create-transport.ts'
import { prepareThread } from './watchdog/start-thread.ts'

/** Never rejects: what is wrong is said where it is needed. Workers are others, which do this for themselves. */
export async function loadBeforehand(conf: Conf): Promise<void> {
  if (conf.workerProcesses === 1) prepareThread(conf)
  await Promise.allSettled([loadEngine(conf.engine), ...(conf.errorLogs.length > 0 ? [loadLogger()] : [])])
}
