// The end of a process that does not answer.
import { signalProcess } from '../exec/process-table.ts'
import type { KeptProcess } from './processes.ts'

/** What a signal has stopped ends in order when it goes on, and loses nothing: it finds that it should end. */
export async function endHung(process: KeptProcess, deadlineMs: number): Promise<void> {
  const ended = process.stop('SIGTERM', deadlineMs)
  signalProcess(process.run, 'SIGCONT')
  await ended
}
