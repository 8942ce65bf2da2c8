// The methods for one key.
import type { Json, Redis } from 'edgeyard'
import { checkFailed, notFound, notJson } from './data-errors.ts'
import { isWrongType, stored } from './data-keys.ts'
import { badParams, type Method } from './json-rpc.ts'
import { isWhole, keyOf, optional } from './params.ts'
import { faultsOf } from './schemas.ts'

/** In characters of JSON. */
const VALUE_LENGTH_MAX = 64 * 1024
const TTL_SECONDS_MAX = 30 * 24 * 3600

export const get: Method<Redis> = {
  about: 'The value of a key, and the seconds it has left to live (null: for ever).',
  params: { key: 'string' },
  async run(params, redis) {
    const key = keyOf(params)
    const [text, ttl] = await redis.pipeline([
      ['GET', stored(key)],
      ['TTL', stored(key)],
    ])
    if (isWrongType(text)) throw notJson(key)
    if (text === null) throw notFound(key)
    if (typeof text !== 'string') throw text
    return { key, value: parseStored(key, text), ttl: Number(ttl) < 0 ? null : Number(ttl) }
  },
}

export const put: Method<Redis> = {
  about: 'Writes a value that passes its check, over an older one if there is one.',
  params: { key: 'string', value: 'JSON', ttl: `seconds, 1 to ${TTL_SECONDS_MAX}, default for ever?` },
  async run(params, redis) {
    const key = keyOf(params)
    const { value } = params
    if (value === undefined) throw badParams('"value" is missing')
    const ttl = optional(params, 'ttl', {
      fallback: undefined,
      is: isWhole(1, TTL_SECONDS_MAX),
      what: `a whole number of seconds from 1 to ${TTL_SECONDS_MAX}`,
    })
    const text = JSON.stringify(value)
    if (text.length > VALUE_LENGTH_MAX)
      throw badParams(`"value" must be at most ${VALUE_LENGTH_MAX} characters of JSON`)
    const faults = faultsOf(key, value)
    if (faults.length > 0) throw checkFailed(key, faults)
    await redis.call('SET', stored(key), text, ...(ttl === undefined ? [] : ['EX', ttl]))
    return { key }
  },
}

export const remove: Method<Redis> = {
  about: 'Deletes a key. An error when there is none.',
  params: { key: 'string' },
  async run(params, redis) {
    const key = keyOf(params)
    if ((await redis.call('DEL', stored(key))) === 0) throw notFound(key)
    return { key }
  },
}

function parseStored(key: string, text: string): Json {
  try {
    return JSON.parse(text)
  } catch {
    throw notJson(key)
  }
}
