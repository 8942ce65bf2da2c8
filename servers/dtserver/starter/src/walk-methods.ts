// The methods that walk over many keys. They go in steps, so that Redis has time for players in between.
import type { Redis } from 'edgeyard'
import { isWrongType, scan, stored } from './data-keys.ts'
import type { Method } from './json-rpc.ts'
import { isCursor, isKeyPart, isWhole, KEY_LENGTH_MAX, optional } from './params.ts'
import { faultsOf } from './schemas.ts'
import { SEED } from './seed.ts'

const LIST_LIMIT = 100
const LIST_LIMIT_MAX = 500
/** A prefix that little begins with is looked for in several steps; then the client goes on with the cursor. */
const LIST_STEPS_MAX = 20

/** How many keys one round trip handles. */
const STEP = 200
/** Beyond so many, `data.check` says that it is not complete. */
const CHECK_KEYS_MAX = 10_000
const FAULTS_MAX = 200

export const list: Method<Redis> = {
  about: 'Keys in no order, about `limit` at a time. The cursor of the answer gets the next ones; null: that was all.',
  params: { prefix: 'string?', cursor: 'string?', limit: `1 to ${LIST_LIMIT_MAX}, default ${LIST_LIMIT}?` },
  async run(params, redis) {
    const prefix = optional(params, 'prefix', {
      fallback: '',
      is: isKeyPart,
      what: `a string of at most ${KEY_LENGTH_MAX} characters without control characters`,
    })
    const limit = optional(params, 'limit', {
      fallback: LIST_LIMIT,
      is: isWhole(1, LIST_LIMIT_MAX),
      what: `a whole number from 1 to ${LIST_LIMIT_MAX}`,
    })
    let cursor = optional(params, 'cursor', { fallback: '0', is: isCursor, what: 'the cursor of an earlier answer' })
    // Redis may show a key twice.
    const keys = new Set<string>()
    for (let step = 0; step < LIST_STEPS_MAX && keys.size < limit; step++) {
      const found = await scan(redis, prefix, cursor, limit - keys.size)
      for (const key of found.keys) keys.add(key)
      cursor = found.cursor
      if (cursor === '0') break
    }
    return { keys: [...keys], cursor: cursor === '0' ? null : cursor }
  },
}

export const check: Method<Redis> = {
  about: `Checks all game data and tells each fault. Not complete beyond ${CHECK_KEYS_MAX} keys or ${FAULTS_MAX} faults.`,
  params: {},
  async run(_params, redis) {
    const seen = new Set<string>()
    const faults: { key: string; fault: string }[] = []
    let cursor = '0'
    do {
      const found = await scan(redis, '', cursor, STEP)
      const fresh = [...new Set(found.keys)].filter((key) => !seen.has(key))
      const texts = fresh.length === 0 ? [] : await redis.pipeline(fresh.map((key) => ['GET', stored(key)]))
      fresh.forEach((key, index) => {
        seen.add(key)
        for (const fault of faultsOfStored(key, texts[index])) faults.push({ key, fault })
      })
      cursor = found.cursor
    } while (cursor !== '0' && seen.size < CHECK_KEYS_MAX && faults.length < FAULTS_MAX)
    const complete = cursor === '0' && faults.length <= FAULTS_MAX
    return { ok: complete && faults.length === 0, checked: seen.size, complete, faults: faults.slice(0, FAULTS_MAX) }
  },
}

export const reset: Method<Redis> = {
  about: 'Deletes all game data and writes the seed of src/seed.ts. Nothing else in this Redis is touched.',
  params: {},
  async run(_params, redis) {
    let deleted = 0
    let cursor = '0'
    // Ends even while others write: a walk passes each slot of Redis' table once.
    do {
      const found = await scan(redis, '', cursor, STEP)
      if (found.keys.length > 0) deleted += Number(await redis.call('UNLINK', ...found.keys.map(stored)))
      cursor = found.cursor
    } while (cursor !== '0')
    const entries = Object.entries(SEED)
    // One command, so that nobody sees half of the seed.
    await redis.call('MSET', ...entries.flatMap(([key, value]) => [stored(key), JSON.stringify(value)]))
    return { deleted, written: entries.length }
  },
}

function faultsOfStored(key: string, text: unknown): string[] {
  // Deleted since we saw it.
  if (text === null) return []
  if (isWrongType(text)) return ['it is not stored as a string']
  if (typeof text !== 'string') throw text
  try {
    return faultsOf(key, JSON.parse(text))
  } catch {
    return ['it is not JSON']
  }
}
