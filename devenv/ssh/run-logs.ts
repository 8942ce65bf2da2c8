// `logs` over ssh: a developer's own records, no faster than the client takes them, until it goes.
import { once } from 'node:events'
import { PassThrough } from 'node:stream'
import { messageOf } from '../../servers/contract/errors.ts'
import type { LogQuery } from '../records/log-query.ts'
import { showRecords } from '../records/show-records.ts'
import type { YardLayout } from '../sandbox/layout.ts'
import { FOLLOW_MAX_MS, IDLE_TIMEOUT_MS } from './limits.ts'
import { pump } from './pump.ts'
import { say, type Visit } from './visit.ts'

/** Resolves with the exit code. */
export async function runLogs(
  { channel, wire, gone, onMoved }: Visit,
  query: LogQuery,
  { layout, developer }: { layout: YardLayout; developer: string },
): Promise<number> {
  const source = new PassThrough()
  const pumped = pump(source, channel, { wire, gone, onMoved })
  // Whoever follows a quiet sandbox is not idle; that they are still there is asked by TCP.
  const awake = query.follow ? setInterval(onMoved, IDLE_TIMEOUT_MS / 3) : undefined
  const signal = AbortSignal.any([gone, AbortSignal.timeout(FOLLOW_MAX_MS)])
  const print = async (text: string) => {
    if (!source.write(`${text}\n`)) await once(source, 'drain')
  }
  try {
    const folder = layout.logs(query.source, developer)
    const shown = await showRecords(folder, query, { developer, paint: (_style, text) => text, print, signal })
    if (shown === 0 && !query.follow) say(channel, `there are no such records of ${query.source}`)
    return 0
  } catch (error) {
    const none = (error as NodeJS.ErrnoException).code === 'ENOENT'
    say(channel, none ? `there are no records of ${query.source} of ${developer}` : messageOf(error))
    return 1
  } finally {
    clearInterval(awake)
    source.end()
    await pumped
  }
}
