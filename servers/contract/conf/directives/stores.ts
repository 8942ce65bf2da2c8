// What `ctx.redis` and `ctx.mysql` reach.
import type { MysqlConf, RedisConf } from '../conf.ts'
import type { Word } from '../tokenize.ts'
import { BadValue, readAddress, readName, readNumber, readOptions, readTimeBetween } from '../values.ts'
import { directive } from './directive.ts'

export const STORES = {
  redis: directive({
    contexts: ['edge'],
    usage: 'redis NAME HOST:PORT|unix:PATH [user=USER] [password=PASSWORD] [timeout=TIME];',
    args: [2, 5],
    many: true,
    read: readRedis,
    does: 'A Redis that scripts reach, `ctx.redis`. A command may take 5 s unless `timeout` says otherwise.',
  }),
  mysql: directive({
    contexts: ['edge'],
    usage: 'mysql NAME HOST:PORT|unix:PATH DATABASE [user=USER] [password=PASSWORD] [pool=NUMBER] [timeout=TIME];',
    args: [3, 7],
    many: true,
    read: readMysql,
    does: 'A MySQL or MariaDB that scripts reach, `ctx.mysql`: 10 connections, 5 s for a query, unless it says otherwise.',
  }),
}

const STORE_OPTIONS = ['user', 'password', 'timeout'] as const
const STORE_TIMEOUT_MS = 5000

function readStoreOptions(options: ReadonlyMap<'user' | 'password' | 'timeout' | 'pool', Word>) {
  const user = options.get('user')?.text
  const password = options.get('password')?.text
  const timeout = options.get('timeout')
  return {
    ...(user ? { user } : {}),
    ...(password ? { password } : {}),
    timeoutMs: timeout === undefined ? STORE_TIMEOUT_MS : readTimeBetween(timeout, { min: '1ms', max: '1h' }),
  }
}

function readRedis([name, address, ...rest]: readonly Word[]): RedisConf {
  return {
    name: readName(name!, 0, 'a name'),
    address: readAddress(address!),
    ...readStoreOptions(readOptions(rest, STORE_OPTIONS)),
  }
}

function readMysql([name, address, database, ...rest]: readonly Word[]): MysqlConf {
  if (database!.text === '') throw new BadValue(database!, 'An empty text is not allowed here')
  const options = readOptions(rest, [...STORE_OPTIONS, 'pool'])
  const pool = options.get('pool')
  return {
    name: readName(name!, 0, 'a name'),
    address: readAddress(address!),
    database: database!.text,
    pool: pool === undefined ? 10 : readNumber(pool, { min: 1, max: 1000 }),
    ...readStoreOptions(options),
  }
}
