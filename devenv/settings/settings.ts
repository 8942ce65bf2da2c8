// What the operator may say about a yard in yard.yml. Everything has a default: an absent file is a good one.
import type { LogVisibility } from '../../servers/contract/access.ts'
import type { AlertSettings } from '../../servers/contract/alerts.ts'
import type { PortRanges } from '../sandbox/ports.ts'
import type { YardQuotas } from '../sandbox/quotas.ts'
import type { YardLimits } from './limits.ts'

/** PEM files; absolute paths. */
export interface TlsFiles {
  /** With its chain. */
  readonly certificate: string
  readonly key: string
}

/** A MySQL that is not ours: nothing of it is started, initialised or stopped by the yard. */
export interface OutsideMysql {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly password: string
  readonly database: string
}

/** How long records stay, and who sees them. */
export interface YardLogs {
  /** So many days have their JSON lines; what is older is kept as Parquet alone. */
  readonly plainDays: number
  readonly keepDays: number
  /** Of records of `error` and worse. */
  readonly keepErrorDays: number
  /** Of all records on the disk; the oldest go first. */
  readonly keepBytes: number
  readonly visibility: LogVisibility
  /** Who is told of errors; null: nobody. */
  readonly alerts: AlertSettings | null
}

export const DEFAULT_LOGS: YardLogs = {
  plainDays: 7,
  keepDays: 30,
  keepErrorDays: 90,
  keepBytes: 10 * 1024 ** 3,
  visibility: 'own',
  alerts: null,
}

export interface YardSettings {
  /** What everything listens on and clients connect to. Default `127.0.0.1`. */
  readonly host: string
  /** The first port of the yard's block; undefined: the ports people know (`devenv/sandbox/ports.ts`). */
  readonly portsFrom: number | undefined
  /** Default: 2222, or the first of the block. */
  readonly sshPort: number
  /** Default: 8088, or the second of the block. */
  readonly viewerPort: number
  /** Where a developer's ports come from when they are added. */
  readonly ports: PortRanges
  /** For the log page, and for servers whose values say `TLS: true`; null: none. */
  readonly tls: TlsFiles | null
  /** Null: a private MariaDB of the yard's own. */
  readonly mysql: OutsideMysql | null
  /** Who a new yard begins with. Default dev1 to dev4. */
  readonly developersInitial: readonly string[]
  /** What a developer's processes may use of the machine. */
  readonly limits: YardLimits
  /** How much a developer may push and keep. */
  readonly quotas: YardQuotas
  readonly logs: YardLogs
}

export const DEFAULT_HOST = '127.0.0.1'
export const DEVELOPERS_INITIAL = ['dev1', 'dev2', 'dev3', 'dev4'] as const
