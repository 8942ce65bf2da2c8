// What `ctx.redis` and `ctx.mysql` reach.
import type { MysqlConf, RedisConf } from '../conf.ts'
import type { Word } from '../tokenize.ts'
import { BadValue, readAddress, readName, readNumber, readOptions, readTimeBetween } from '../values.ts'
import { directive } from './directive.ts'

export const STORES = {
  redis: directive({
    contexts: ['edge'],
    usage: 'redis NAME HOST:PORT|unix:PATH [user=USER] [password=PASSWORD] [timeout=TIME] [slow=TIME];',
    args: [2, 6],
    many: true,
    read: readRedis,
    does: 'A Redis that scripts reach, `ctx.redis`. A command may take 5 s unless `timeout` says otherwise; one that takes 100 ms, or `slow`, is logged.',
  }),
  mysql: directive({
    contexts: ['edge'],
    usage:
      'mysql NAME HOST:PORT|unix:PATH DATABASE [user=USER] [password=PASSWORD] [pool=NUMBER] [backlog=NUMBER] [keepalive=TIME] [timeout=TIME] [slow=TIME];',
    args: [3, 10],
    many: true,
    read: readMysql,
    does: 'A MySQL or MariaDB that scripts reach, `ctx.mysql`: 10 connections (`pool`), 1000 queries that wait for one (`backlog`), closed after 60 s without use (`keepalive`), 5 s for a query (`timeout`), a record for one that takes 100 ms (`slow`), unless it says otherwise.',
  }),
}

const STORE_OPTIONS = ['user', 'password', 'timeout', 'slow'] as const
const POOL_OPTIONS = ['pool', 'backlog', 'keepalive'] as const
const STORE_TIMEOUT_MS = 5000
const SLOW_MS = 100

function readStoreOptions(options: ReadonlyMap<(typeof STORE_OPTIONS | typeof POOL_OPTIONS)[number], Word>) {
  const user = options.get('user')?.text
  const password = options.get('password')?.text
  const timeout = options.get('timeout')
  const slow = options.get('slow')
  return {
    ...(user ? { user } : {}),
    ...(password ? { password } : {}),
    timeoutMs: timeout === undefined ? STORE_TIMEOUT_MS : readTimeBetween(timeout, { min: '1ms', max: '1h' }),
    slowMs: slow === undefined ? SLOW_MS : readTimeBetween(slow, { min: '0', max: '1h' }),
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
  const options = readOptions(rest, [...STORE_OPTIONS, ...POOL_OPTIONS])
  const pool = options.get('pool')
  const backlog = options.get('backlog')
  const keepalive = options.get('keepalive')
  return {
    name: readName(name!, 0, 'a name'),
    address: readAddress(address!),
    database: database!.text,
    pool: pool === undefined ? 10 : readNumber(pool, { min: 1, max: 1000 }),
    backlog: backlog === undefined ? 1000 : readNumber(backlog, { min: 0, max: 100_000 }),
    keepaliveMs: keepalive === undefined ? 60_000 : readTimeBetween(keepalive, { min: '0', max: '24h' }),
    ...readStoreOptions(options),
  }
}
