// The door of `edgeyard/testing`. What it gives is described in types.ts, which is what an author's editor sees.
import { createFakeMysql } from './fake-mysql.ts'
import { createFakeRedis } from './fake-redis.ts'
import { serve } from './serve-script.ts'
import type * as declared from './types.ts'

export const serveScript: typeof declared.serveScript = serve
export const fakeRedis: typeof declared.fakeRedis = createFakeRedis
export const fakeMysql: typeof declared.fakeMysql = createFakeMysql
