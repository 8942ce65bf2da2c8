// Waits until a service that was started, or found running, can be used.
import { EdgeyardError, messageOf } from '../../servers/contract/errors.ts'
import { endHung } from './end-hung.ts'
import type { KeptProcess } from './processes.ts'
import type { ServiceSpec } from './service.ts'
import { askUntil } from './within.ts'

/** Throws SERVICE_FAILED with its last lines; its process has ended then. */
export async function waitUntilReady(spec: ServiceSpec, process: KeptProcess): Promise<void> {
  const refused = hearsRefusal(process)
  let why: unknown
  const ask = () =>
    spec.isReady(process).catch((error: unknown) => {
      why = error
      return false
    })
  const ready = await askUntil(ask, {
    ms: spec.readyDeadlineMs,
    gaveUp: () => process.end !== null || refused(),
  })
  if (ready && process.end === null) return
  const lines = await process.lastLines().catch(() => [])
  const late = `was not ready after ${spec.readyDeadlineMs / 1000} s`
  const what = process.end !== null || refused() ? 'ended before it was ready' : late
  if (process.end === null) await endHung(process, spec.stopDeadlineMs)
  const last = lines.length > 0 || why === undefined ? lines : [messageOf(why)]
  throw new EdgeyardError('SERVICE_FAILED', [`Cannot start ${spec.label}: it ${what}`, ...last].join('\n  '), {
    cause: why,
  })
}

/** Most services say nothing on fd 3. One that says `failed` there need not be waited for. */
function hearsRefusal({ channel }: KeptProcess): () => boolean {
  let refused = false
  void channel?.next().then(
    (line) => {
      refused = line?.includes('"failed"') ?? false
    },
    () => {},
  )
  return () => refused
}
