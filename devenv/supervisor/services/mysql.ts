// The yard's own MariaDB: one for all developers, because they share the users. Reached through a Unix socket only.
import { existsSync } from 'node:fs'
import { readFile, rename, rm } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { dirname, join } from 'node:path'
import { EdgeyardError, messageOf } from '../../../servers/contract/errors.ts'
import { MASTER } from '../../../servers/contract/names.ts'
import type { Command } from '../../exec/command.ts'
import { confine } from '../../exec/confine.ts'
import { runOk } from '../../exec/run-command.ts'
import { ensureFolder, ensureLogFolder, VIEWER_UID } from '../folders.ts'
import type { ServiceSpec } from '../service.ts'
import type { YardContext } from '../yard-context.ts'
import { logInToMysql } from './log-in-to-mysql.ts'

export const MYSQL_KEY = 'mysql'

const READY_DEADLINE_MS = 60_000
/** InnoDB writes what it has in memory. */
const STOP_DEADLINE_MS = 60_000
const INSTALL_TIMEOUT_MS = 120_000
const ASK_TIMEOUT_MS = 10_000

export async function mysqlService(context: YardContext): Promise<ServiceSpec> {
  const { layout, asRoot } = context
  const { data, run, socket } = layout.mysql
  let user: string | undefined
  const uid = asRoot ? await readMysqlUid() : null
  const owner = uid === null ? undefined : { uid, gid: uid }
  const confined = (command: Command, folders: readonly string[]) =>
    confine(command, { isolation: context.isolation, uid, readOnly: [], readWrite: folders })
  const args = [
    '--no-defaults',
    ...[`--datadir=${data}`, `--socket=${socket}`, `--pid-file=${join(run, 'mysqld.pid')}`],
    ...['--skip-networking', '--skip-name-resolve', '--skip-log-bin', '--local-infile=0'],
    ...[
      '--character-set-server=utf8mb4',
      '--collation-server=utf8mb4_unicode_ci',
      '--sql-mode=STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION',
    ],
    ...['--innodb-buffer-pool-size=64M', '--performance-schema=OFF', '--max-connections=512'],
  ]
  return {
    key: MYSQL_KEY,
    label: 'mariadb',
    source: { server: 'mysql', developer: MASTER },
    command: confined({ file: '/usr/sbin/mysqld', args }, [data, run]),
    conf: '',
    stopSignal: 'SIGTERM',
    stopDeadlineMs: STOP_DEADLINE_MS,
    readyDeadlineMs: READY_DEADLINE_MS,
    async prepare() {
      await ensureLogFolder(layout, 'mysql', MASTER, asRoot)
      await ensureFolder(run, { mode: 0o711, owner })
      await rm(socket, { force: true })
      if (!existsSync(data)) await install(data, owner, confined)
    },
    async isReady() {
      await query(socket, 'SELECT 1')
      return true
    },
    stillAnswers: (signal) => {
      user ??= socketUser()
      return logInToMysql(socket, user, signal)
    },
  }
}

/**
 * Makes the system tables in a fresh folder and moves it into place when it is whole: an installation that was cut off
 * leaves nothing that looks like data, and data that is there is never touched.
 */
async function install(
  data: string,
  owner: { uid: number; gid: number } | undefined,
  confined: (command: Command, folders: readonly string[]) => Command,
): Promise<void> {
  const fresh = `${data}.new`
  await rm(fresh, { recursive: true, force: true })
  await ensureFolder(dirname(data), { mode: 0o755 })
  await ensureFolder(fresh, { mode: 0o700, owner })
  const command = confined(
    {
      file: '/usr/bin/mariadb-install-db',
      args: [
        ...['--no-defaults', `--datadir=${fresh}`, '--skip-test-db', '--skip-name-resolve'],
        ...['--auth-root-authentication-method=socket', `--auth-root-socket-user=${socketUser()}`],
      ],
    },
    [fresh],
  )
  try {
    await runOk(command, { timeoutMs: INSTALL_TIMEOUT_MS })
  } catch (error) {
    await rm(fresh, { recursive: true, force: true })
    throw new EdgeyardError('SERVICE_FAILED', `Cannot initialise MariaDB: ${messageOf(error)}`, { cause: error })
  }
  await rename(fresh, data)
}

/** Runs SQL as the database's root, whom the socket knows by our own user. */
export async function query(socket: string, sql: string): Promise<string> {
  const args = [
    '--no-defaults',
    `--socket=${socket}`,
    `--user=${socketUser()}`,
    '--batch',
    '--skip-column-names',
    '--connect-timeout=2',
  ]
  const command = {
    file: '/usr/bin/mariadb',
    args,
    env: { PATH: '/usr/bin:/bin', HOME: '/nonexistent', LANG: 'C.UTF-8' },
  }
  return (await runOk(command, { input: sql, timeoutMs: ASK_TIMEOUT_MS })).stdout.toString()
}

/** MariaDB asks the system who is at the other end of the socket: whoever initialised it may do everything. */
function socketUser(): string {
  try {
    return userInfo().username
  } catch (cause) {
    const who = `uid ${process.getuid?.()}`
    throw new EdgeyardError('SERVICE_FAILED', `Cannot use MariaDB as ${who}: it has no name in /etc/passwd`, { cause })
  }
}

/** The Debian package makes the user; without it any uid that nobody else has will do. */
async function readMysqlUid(): Promise<number> {
  const line = (await readFile('/etc/passwd', 'utf8')).split('\n').find((text) => text.startsWith('mysql:'))
  return Number(line?.split(':')[2]) || VIEWER_UID - 1
}
