// How often a password may be tried: counted in Redis by address and name, so that a restart forgets nothing, guessing
// at one name ends soon, and nobody can lock out a player from elsewhere.
import type { Redis } from 'edgeyard'
import { nameKey } from './input.ts'

const ATTEMPTS_MAX = 10
const WINDOW_SECONDS = 300

/** Counts one attempt. Undefined: go on; a number: the seconds to wait. */
export async function countAttempt(redis: Redis, ip: string, name: string): Promise<number | undefined> {
  const key = keyOf(ip, name)
  // Made with its end of life in one command: a counter without one would lock somebody out for ever.
  const results = await redis.pipeline([
    ['SET', key, 0, 'EX', WINDOW_SECONDS, 'NX'],
    ['INCR', key],
    ['TTL', key],
  ])
  const failed = results.find((result) => typeof result === 'object' && result !== null)
  if (failed) throw failed
  const [, attempts, seconds] = results
  return Number(attempts) > ATTEMPTS_MAX ? Math.max(1, Number(seconds)) : undefined
}

/** A good password clears the count. */
export async function forgetAttempts(redis: Redis, ip: string, name: string): Promise<void> {
  await redis.call('DEL', keyOf(ip, name))
}

function keyOf(ip: string, name: string): string {
  return `attempts:${ip}:${nameKey(name)}`
}
