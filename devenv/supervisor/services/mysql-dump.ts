// The data of the yard's MariaDB as SQL: for a backup, and back again. Accounts are not in it: the yard makes them.
import { createReadStream, existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { EdgeyardError } from '../../../servers/contract/errors.ts'
import { pipeCommand } from '../../exec/pipe-command.ts'
import { runOk } from '../../exec/run-command.ts'
import type { YardLayout } from '../../sandbox/layout.ts'
import { query } from './mysql.ts'

const SYSTEM = new Set(['information_schema', 'performance_schema', 'mysql', 'sys'])
const ENVIRONMENT = { PATH: '/usr/bin:/bin', HOME: '/nonexistent', LANG: 'C.UTF-8' }

/** Writes all databases as they are at one moment, while others write. Returns their names. */
export async function dumpMysql(socket: string, file: string): Promise<readonly string[]> {
  const databases = (await query(socket, 'SHOW DATABASES'))
    .split('\n')
    .filter((name) => name !== '' && !SYSTEM.has(name))
  const args = [
    ...['--no-defaults', `--socket=${socket}`, `--user=${userInfo().username}`, `--result-file=${file}`],
    ...['--single-transaction', '--quick', '--routines', '--events', '--hex-blob', '--default-character-set=utf8mb4'],
    ...['--databases', '--', ...databases],
  ]
  await runOk({ file: '/usr/bin/mariadb-dump', args, env: ENVIRONMENT })
  return databases
}

/** Where a restore leaves a dump for the first start: there is no MariaDB before. */
export const waitingDump = (layout: YardLayout) => join(layout.state, 'mysql.sql')

/** Loads the dump of a restore, if one waits. Loading one again after it was cut off is harmless: it begins by dropping its tables. */
export async function loadWaitingDump(layout: YardLayout): Promise<boolean> {
  const dump = waitingDump(layout)
  if (!existsSync(dump)) return false
  const args = ['--no-defaults', `--socket=${layout.mysql.socket}`, `--user=${userInfo().username}`, '--batch']
  const mariadb = await pipeCommand({ file: '/usr/bin/mariadb', args, env: ENVIRONMENT })
  let said = ''
  mariadb.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-SAID_MAX)
  })
  mariadb.stdout.resume()
  // One that ends early tells why.
  await pipeline(createReadStream(dump), mariadb.stdin).catch(() => {})
  const { exitCode } = await mariadb.ended
  if (exitCode !== 0) throw new EdgeyardError('SERVICE_FAILED', `Cannot load ${dump} into MariaDB: ${said.trim()}`)
  await rm(dump)
  return true
}

const SAID_MAX = 2_000
