// The door of servers/stores: a script's Redis and MySQL. Nothing is loaded or connected before it is used.
//
//   const stores = createStores(conf)
//   await stores.redis.call('SET', 'key', 'value', 'EX', 60)
//   await stores.close()
import type { Conf } from '../contract/conf/conf.ts'
import type { Mysql, Redis } from '../contract/script.ts'
import { createMysqlStore } from './mysql-store.ts'
import { createRedisStore } from './redis-store.ts'

export interface Stores {
  /** `redis main` of the conf. Rejects with STORE_UNAVAILABLE when there is none. */
  readonly redis: Redis
  /** `mysql main` of the conf. Rejects with STORE_UNAVAILABLE when there is none. */
  readonly mysql: Mysql
  /** Ends the connections. What is used afterwards rejects with STORE_UNAVAILABLE. */
  close(): Promise<void>
}

export function createStores(conf: Pick<Conf, 'redis' | 'mysql'>): Stores {
  const redis = createRedisStore(conf.redis)
  const mysql = createMysqlStore(conf.mysql)
  return {
    redis,
    mysql,
    async close() {
      await Promise.all([redis.close(), mysql.close()])
    },
  }
}
