// Where game data lies in Redis: every key behind one prefix, so that a reset can delete no more than that.
import type { Redis } from 'edgeyard'

const PREFIX = 'game:'

/** `hero:arthur` → `game:hero:arthur`. */
export function stored(key: string): string {
  return PREFIX + key
}

/** One step of a walk over all keys that begin with `prefix`. The walk is over when the cursor is '0' again. */
export async function scan(redis: Redis, prefix: string, cursor: string, count: number) {
  const pattern = `${escapeGlob(stored(prefix))}*`
  const [next, keys] = (await redis.call('SCAN', cursor, 'MATCH', pattern, 'COUNT', count)) as [string, string[]]
  return { cursor: next, keys: keys.map((key) => key.slice(PREFIX.length)) }
}

/** True for the error that a pipeline leaves in the place of a GET of a list, a hash and so on. */
export function isWrongType(result: unknown): boolean {
  return typeof result === 'object' && String(result).includes('WRONGTYPE')
}

/** A key is text, but MATCH reads it as a pattern. */
function escapeGlob(text: string): string {
  return text.replace(/[\\*?[\]]/g, '\\$&')
}
