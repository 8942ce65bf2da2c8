// What the yard knows and no values file may say.
import type { YardFacts } from '../../templates/render.ts'
import type { Developer } from '../developers/developers.ts'
import type { YardLayout } from '../sandbox/layout.ts'
import type { YardSettings } from '../settings/settings.ts'
import { DATABASE, mysqlAccount } from './services/mysql-accounts.ts'
import type { YardTls } from './tls.ts'

/** Pure. */
export function yardFacts(
  { layout, settings, tls }: { layout: YardLayout; settings: YardSettings; tls?: Pick<YardTls, 'file'> | undefined },
  developers: readonly Developer[],
): YardFacts {
  const { host, mysql, sshPort, viewerPort } = settings
  return {
    root: layout.root,
    host,
    tls: tls === undefined ? null : { file: tls.file },
    ports: { ssh: sshPort, viewer: viewerPort },
    developers: developers.map(({ name, index, uid, redisPassword, mysqlPassword }) => ({
      ...{ name, index, uid, redisPassword },
      mysqlUser: mysql?.user ?? mysqlAccount(name),
      mysqlPassword: mysql?.password ?? mysqlPassword,
    })),
    mysql:
      mysql === null
        ? { address: `unix:${layout.mysql.socket}`, database: DATABASE }
        : { address: `${mysql.host}:${mysql.port}`, database: mysql.database },
  }
}
