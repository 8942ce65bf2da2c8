// The viewer as one thing that starts and stops.
import { once } from 'node:events'
import { mkdirSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { LogVisibility } from '../../servers/contract/access.ts'
import { createAudit } from '../access/audit.ts'
import { createGate } from '../access/gate.ts'
import { createPeople } from '../access/people.ts'
import { createSessions } from '../access/sessions.ts'
import { createSlowDown } from '../access/slow-down.ts'
import { type AlertOptions, createAlerts } from '../alerts/create-alerts.ts'
import { createJudgements } from '../state/judgements.ts'
import { createSearches } from '../state/searches.ts'
import { createRecordStore } from '../store/create-record-store.ts'
import { createHandler } from './create-handler.ts'
import { allRoutes } from './routes/all-routes.ts'
import { TailClients } from './tail-clients.ts'
import { createTlsServer } from './tls-server.ts'

export interface ViewerOptions {
  readonly root: string
  readonly host: string
  /** 0 takes a free one. */
  readonly port: number
  /** A PEM file with certificate and key: then it speaks TLS. */
  readonly tls?: string | undefined
  /** Default: `own`. */
  readonly visibility?: LogVisibility | undefined
  /** The file of the collector's counters. Default: none. */
  readonly stats?: string | undefined
  /** How long records are kept, to be told. */
  readonly keptDays?: number | undefined
  /** Where lines for the log go. Default: nowhere. */
  print?(line: string): void
  /** Shorter waits of alerts, for tests. */
  readonly alertWaits?: AlertOptions['waits']
}

export interface Viewer {
  readonly port: number
  /** Ends the tails and every connection. */
  close(): Promise<void>
}

/** A page that is read for a while asks again over the connection it has; proxies in front of us keep theirs for a minute. */
const KEEP_ALIVE_MS = 65_000

/** Listens and follows. Rejects when it cannot listen. */
export async function createViewer(options: ViewerOptions): Promise<Viewer> {
  const { root, host, port, visibility = 'own', print = () => {} } = options
  const now = () => Date.now()
  const folder = join(root, 'viewer')
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const tls = options.tls === undefined ? null : createTlsServer(options.tls)
  const access = join(root, 'run', 'access')
  const people = await createPeople(access)
  const audit = createAudit(print)
  const sessions = await createSessions(join(folder, 'sessions.json'), now)
  const gate = createGate({ people, sessions, slowDown: createSlowDown(now), visibility, audit, now })
  const judgements = await createJudgements(join(folder, 'errors.json'), now)
  const searches = await createSearches(join(folder, 'searches.json'))
  const store = await createRecordStore({ root, derived: join(folder, 'index'), archive: join(folder, 'days'), now })
  const clients = new TailClients()
  store.follow((records) => clients.report(records))
  const waits = options.alertWaits
  const alerts = await createAlerts({ ...{ store, judgements, access, folder, print, now }, ...(waits && { waits }) })
  const routes = allRoutes({
    ...{ root, gate, store, clients, audit, judgements, searches, folder, now },
    stats: options.stats ?? null,
    keptDays: options.keptDays ?? 0,
  })
  const handler = createHandler({ host, gate, store, audit, routes, isOurName: tls?.isOurName })
  const server = tls?.server.on('request', handler) ?? createServer(handler)
  server.keepAliveTimeout = KEEP_ALIVE_MS
  const close = async () => {
    tls?.close()
    clients.close()
    gate.close()
    await alerts?.close()
    await people.close()
    if (server.listening) {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    }
    await store.close()
  }
  try {
    server.listen({ host, port })
    await once(server, 'listening')
  } catch (error) {
    await close()
    throw error
  }
  return { port: (server.address() as AddressInfo).port, close }
}
