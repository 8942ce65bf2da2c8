// How the log is: for the strip of the page, and, without anything in it, for the supervisor.
import { statfs } from 'node:fs/promises'
import { OPERATOR_NAME } from '../../../servers/contract/access.ts'
import { judgeHealth } from '../../health/judge-health.ts'
import { type Counted, readCollector } from '../../health/read-collector.ts'
import { createRecentLosses } from '../../health/recent-losses.ts'
import type { HealthReply } from '../../query/wire.ts'
import type { RecordStore } from '../../store/record-store.ts'
import { sendJson } from '../answer.ts'
import type { Route } from '../route.ts'
import type { TailClients } from '../tail-clients.ts'

export interface HealthSources {
  readonly store: RecordStore
  readonly clients: TailClients
  /** The file of the collector's counters; null: there is none. */
  readonly stats: string | null
  /** A folder on the disk of the records. */
  readonly folder: string
  /** How long records are kept. */
  readonly keptDays: number
  now(): number
}

export function healthRoutes(sources: HealthSources): readonly Route[] {
  const { store, clients, now, stats } = sources
  const losses = createRecentLosses()
  let counted: Counted | null = null
  return [
    {
      method: 'GET',
      path: '/health',
      open: true,
      handle: ({ response }) => sendJson(response, 200, { status: 'ok' }),
    },
    {
      method: 'GET',
      path: '/api/health',
      async handle({ response, scope, visitor }) {
        const { behindMs, gaps, notes, ...stored } = await store.status(scope)
        const seen = { behindMs, gaps, notes, store: stored, tails: clients.count }
        if (visitor.who !== OPERATOR_NAME) return sendJson(response, 200, judgeHealth(seen, now()))
        // The file is begun anew now and then: what was last said holds until it says more.
        if (stats !== null) counted = (await readCollector(stats)) ?? counted
        const disk = await measureDisk(sources)
        const lost = counted === null ? undefined : losses.take(counted.newest, counted.oldest, now())
        const collector = counted === null ? {} : { collector: counted.newest }
        const reply = judgeHealth({ ...seen, ...collector, ...(disk === null ? {} : { disk }) }, now(), lost)
        sendJson(response, 200, reply satisfies HealthReply)
      },
    },
  ]
}

async function measureDisk({ folder, keptDays }: HealthSources): Promise<HealthReply['disk'] | null> {
  const disk = await statfs(folder).catch(() => null)
  if (disk === null) return null
  return { freeBytes: disk.bavail * disk.bsize, totalBytes: disk.blocks * disk.bsize, keptDays }
}
