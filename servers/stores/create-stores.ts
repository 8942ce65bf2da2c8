// The door of servers/stores: a script's Redis and MySQL. Nothing is loaded or connected before it is used.
//
//   const stores = createStores(conf, logger)
//   await stores.redis({ id: '8f3c' }).call('SET', 'key', 'value', 'EX', 60)
//   await stores.close()
import type { Conf } from '../contract/conf/conf.ts'
import type { Mysql, Redis } from '../contract/script.ts'
import type { Logger } from '../log/logger.ts'
import { createMysqlStore } from './mysql-store.ts'
import { createRedisStore } from './redis-store.ts'
import type { Caller } from './slow-calls.ts'

export interface Stores {
  /** `redis main` of the conf, for one request: the id is in records of its slow calls. Rejects with STORE_UNAVAILABLE when there is none. */
  redis(caller: Caller): Redis
  /** `mysql main` of the conf, for one request: the id is also a comment of its statements. Rejects with STORE_UNAVAILABLE when there is none. */
  mysql(caller: Caller): Mysql
  /** Ends the connections. What is used afterwards rejects with STORE_UNAVAILABLE. */
  close(): Promise<void>
}

/** Without a logger, nobody is told of slow calls. */
export function createStores(conf: Pick<Conf, 'redis' | 'mysql'>, logger?: Pick<Logger, 'write'>): Stores {
  const isMain = ({ name }: { name: string }) => name === 'main'
  const redis = createRedisStore(conf.redis.find(isMain), logger)
  const mysql = createMysqlStore(conf.mysql.find(isMain), logger)
  return {
    redis: redis.of,
    mysql: mysql.of,
    async close() {
      await Promise.all([redis.close(), mysql.close()])
    },
  }
}
