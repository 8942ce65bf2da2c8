// The services of a yard, in the order in which they need each other.
import { messageOf } from '../../servers/contract/errors.ts'
import { publishLogins } from '../access/publish-logins.ts'
import type { ServiceStatus } from '../control/protocol.ts'
import type { KeptProcess } from './processes.ts'
import type { DesiredYard } from './read-desired.ts'
import { createService, type Service, type ServiceSpec } from './service.ts'
import { MYSQL_KEY, mysqlService } from './services/mysql.ts'
import { ensureAccounts, renderAccounts } from './services/mysql-accounts.ts'
import { loadWaitingDump } from './services/mysql-dump.ts'
import { PORT_KEEPER_KEY, portKeeperService } from './services/port-keeper.ts'
import { redisKey, redisService } from './services/redis.ts'
import { RSYSLOG_KEY, rsyslogService } from './services/rsyslog.ts'
import { VIEWER_KEY, viewerService } from './services/viewer.ts'
import type { YardContext } from './yard-context.ts'

export interface YardServices {
  /** Starts what keeps ports before all others; it stays until the yard goes down. Returns what went wrong. */
  ensurePortKeeper(progress: (line: string) => void): Promise<readonly unknown[]>
  /** Makes the services what they should be. Goes on after a failure; returns what went wrong. */
  ensure(desired: DesiredYard, progress: (line: string) => void): Promise<readonly unknown[]>
  pid(key: string): number | null
  status(): readonly ServiceStatus[]
  stop(key: string, progress: (line: string) => void): Promise<void>
  /** Stops it and starts it again as it was. Throws SERVICE_FAILED. */
  restart(key: string): Promise<void>
  /** The viewer, then the stores. */
  stopUsers(progress: (line: string) => void): Promise<void>
  /** rsyslogd, when nobody has records any more. */
  stopCollector(progress: (line: string) => void): Promise<void>
  /** Watches none of them any more; they run on. */
  leave(): void
}

export function createYardServices(context: YardContext, adopted: readonly KeptProcess[]): YardServices {
  const services = new Map<string, Service>()
  for (const process of adopted) {
    const { key } = process.run
    // Two of one service are only there after a daemon died in the middle: the second is a stray.
    if (services.has(key)) void process.stop('SIGTERM', 10_000)
    else services.set(key, createService(context, key, process))
  }
  const keeper = context.ports === null ? [] : [portKeeperService(context)]
  let accounts = ''

  const serviceFor = (key: string): Service => {
    const service = services.get(key) ?? createService(context, key, null)
    services.set(key, service)
    return service
  }
  const stop = async (key: string, progress: (line: string) => void) => {
    const service = services.get(key)
    services.delete(key)
    if (service === undefined) return
    const was = service.pid
    await service.stop()
    if (was !== null) progress(`${key.replace('/', ' of ')} stopped`)
  }
  const startAll = async (specs: readonly ServiceSpec[], progress: (line: string) => void): Promise<unknown[]> => {
    const results = await Promise.allSettled(
      specs.map(async (spec) => {
        if (await serviceFor(spec.key).ensure(spec)) progress(`${spec.label} is ready`)
      }),
    )
    return results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []))
  }

  return {
    ensurePortKeeper: (progress) => startAll(keeper, progress),
    async ensure(desired, progress) {
      const { developers } = desired
      const redis = desired.redis.map(({ developer, conf }) => redisService(context, developer, conf))
      const mysql = context.settings.mysql === null ? [await mysqlService(context)] : []
      const collector = rsyslogService(context, developers, desired.rsyslog)
      const keys = new Set([RSYSLOG_KEY, VIEWER_KEY, PORT_KEEPER_KEY, ...[...redis, ...mysql].map(({ key }) => key)])
      await Promise.all([...services.keys()].filter((key) => !keys.has(key)).map((key) => stop(key, progress)))

      const failures = await startAll([collector, ...keeper], progress)
      failures.push(...(await startAll([...mysql, ...redis], progress)))
      if (mysql.length > 0 && serviceFor(MYSQL_KEY).pid !== null) {
        const loaded = await loadWaitingDump(context.layout).catch((error: unknown) => void failures.push(error))
        if (loaded) progress('mariadb has the data of the backup')
      }
      const wanted = renderAccounts(developers, [])
      if (mysql.length > 0 && serviceFor(MYSQL_KEY).pid !== null && accounts !== wanted) {
        await ensureAccounts(context.layout.mysql.socket, developers).then(
          () => {
            accounts = wanted
          },
          (error: unknown) => failures.push(error),
        )
      }
      await publishLogins(context.layout).catch((error: unknown) => failures.push(error))
      failures.push(...(await startAll([viewerService(context)], progress)))
      for (const failure of failures) context.log('crit', messageOf(failure))
      return failures
    },
    stop,
    pid: (key) => services.get(key)?.pid ?? null,
    status: () => [...services.values()].map(({ key, pid, trouble }) => ({ key, pid, trouble })),
    restart: (key) => serviceFor(key).restart(),
    async stopUsers(progress) {
      await stop(VIEWER_KEY, progress)
      const stores = [...services.keys()].filter((key) => key !== RSYSLOG_KEY)
      await Promise.all(stores.map((key) => stop(key, progress)))
    },
    stopCollector: (progress) => stop(RSYSLOG_KEY, progress),
    leave() {
      for (const service of services.values()) service.leave()
    },
  }
}

/** Everything a service of ours is called; what else runs is a sandbox. */
export function isServiceKey(key: string): boolean {
  return [RSYSLOG_KEY, VIEWER_KEY, MYSQL_KEY, PORT_KEEPER_KEY].includes(key) || key.startsWith(redisKey(''))
}
