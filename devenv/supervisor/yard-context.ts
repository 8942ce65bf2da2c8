// What every part of the supervisor works with. Made once by the daemon; holds no state of its own.

import { MASTER } from '../../servers/contract/names.ts'
import type { Severity } from '../../servers/contract/record.ts'
import type { Limiter } from '../exec/limiter.ts'
import type { NetFilter } from '../exec/net-filter.ts'
import type { Isolation } from '../exec/probe-isolation.ts'
import type { YardLayout } from '../sandbox/layout.ts'
import type { YardSettings } from '../settings/settings.ts'
import type { Clock } from './clock.ts'
import type { PortKeeper } from './port-keeper/port-keeper.ts'
import type { Processes } from './processes.ts'
import type { RecordSender, RecordSource } from './record-sender.ts'
import type { Renderer } from './render-once.ts'
import type { YardTls } from './tls.ts'

export interface YardContext {
  readonly layout: YardLayout
  readonly settings: YardSettings
  /** Where package.json, dist and node_modules lie. */
  readonly projectRoot: string
  /** Of the edgeyard in it. */
  readonly version: string
  readonly isolation: Isolation
  readonly limiter: Limiter
  readonly netFilter: NetFilter
  /** We are root. */
  readonly asRoot: boolean
  readonly processes: Processes
  readonly clock: Clock
  readonly render: Renderer
  /** Keeps the ports of sandboxes; null: nobody does, and nobody sleeps. */
  readonly ports: PortKeeper | null
  /** Absent: nothing speaks TLS. */
  readonly tls?: YardTls | undefined
  readonly pushesUnderWay: () => boolean
  /** A record of the daemon's own. */
  readonly log: YardLog
}

export type YardLog = (
  severity: Severity,
  message: string,
  fields?: Readonly<Record<string, unknown>>,
  source?: RecordSource,
) => void

const OWN: RecordSource = { server: 'edgeyard', developer: MASTER }

/** The daemon's own records: server `edgeyard`, developer `master`, or whom it is about. */
export function createYardLog(records: RecordSender): YardLog {
  return (severity, text, fields, source = OWN) => {
    // What others have said may have several lines: the first is the message.
    const [message = '', ...rest] = text.split('\n')
    records.write(source, {
      time: new Date().toISOString(),
      severity,
      message,
      ...(rest.length === 0 ? {} : { stack: rest.join('\n') }),
      pid: process.pid,
      ...(fields === undefined ? {} : { fields }),
    })
  }
}
