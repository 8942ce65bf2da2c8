// A Redis small enough to be read: maps, and the replies that the real one gives.
import type { FakeRedis } from './types.ts'

type Value = string | Map<string, string> | Set<string> | string[]
type Command = (key: string, ...args: string[]) => unknown

export function createFakeRedis(): FakeRedis {
  const calls: [string, ...unknown[]][] = []
  const values = new Map<string, Value>()
  const listeners = new Map<string, Set<(message: string) => void>>()

  const text = (key: string) => values.get(key) as string | undefined
  const open = <T extends Value>(key: string, create: () => T): T => {
    if (!values.has(key)) values.set(key, create())
    return values.get(key) as T
  }
  const hash = (key: string) => open(key, () => new Map<string, string>())
  const set = (key: string) => open(key, () => new Set<string>())
  const list = (key: string) => open(key, (): string[] => [])
  const count = (key: string, by: number) => {
    const sum = Number(text(key) ?? 0) + by
    if (!Number.isSafeInteger(sum)) throw new Error('ERR value is not an integer or out of range')
    values.set(key, String(sum))
    return sum
  }
  const removeAll = (keys: string[]) => keys.filter((key) => values.delete(key)).length

  const commands: Readonly<Record<string, Command>> = {
    PING: () => 'PONG',
    GET: (key) => text(key) ?? null,
    SET(key, value = '', ...options) {
      const words = options.map((word) => word.toUpperCase())
      if ((words.includes('NX') && values.has(key)) || (words.includes('XX') && !values.has(key))) return null
      values.set(key, value)
      return 'OK'
    },
    GETDEL(key) {
      const value = text(key) ?? null
      values.delete(key)
      return value
    },
    DEL: (...keys) => removeAll(keys),
    UNLINK: (...keys) => removeAll(keys),
    EXISTS: (...keys) => keys.filter((key) => values.has(key)).length,
    INCR: (key) => count(key, 1),
    INCRBY: (key, by) => count(key, Number(by)),
    DECR: (key) => count(key, -1),
    EXPIRE: (key) => (values.has(key) ? 1 : 0),
    TTL: (key) => (values.has(key) ? -1 : -2),
    HSET(key, ...pairs) {
      const before = hash(key).size
      for (let i = 0; i < pairs.length; i += 2) hash(key).set(pairs[i]!, pairs[i + 1]!)
      return hash(key).size - before
    },
    HGET: (key, field = '') => hash(key).get(field) ?? null,
    HGETALL: (key) => [...hash(key)].flat(),
    HDEL: (key, ...fields) => fields.filter((field) => hash(key).delete(field)).length,
    SADD: (key, ...members) => members.filter((member) => !set(key).has(member) && set(key).add(member)).length,
    SREM: (key, ...members) => members.filter((member) => set(key).delete(member)).length,
    SMEMBERS: (key) => [...set(key)],
    SISMEMBER: (key, member = '') => (set(key).has(member) ? 1 : 0),
    RPUSH: (key, ...items) => list(key).push(...items),
    LPUSH: (key, ...items) => list(key).unshift(...items.reverse()),
    LPOP: (key) => list(key).shift() ?? null,
    LRANGE: (key, from, to) => list(key).slice(Number(from), to === '-1' ? undefined : Number(to) + 1),
    PUBLISH(channel, message = '') {
      const hearing = listeners.get(channel) ?? new Set()
      for (const listener of hearing) listener(message)
      return hearing.size
    },
  }

  const run = (name: string, args: readonly (string | number | Uint8Array)[]): unknown => {
    calls.push([name, ...args])
    const command = commands[name.toUpperCase()]
    if (command === undefined) throw new Error(`The fake Redis knows no ${name}: give serveScript a redis of your own`)
    const texts = args.map((arg) => (arg instanceof Uint8Array ? Buffer.from(arg).toString('latin1') : String(arg)))
    return command(texts[0] ?? '', ...texts.slice(1))
  }
  return {
    calls,
    call: async (name, ...args) => run(name, args),
    async pipeline(all) {
      return all.map(([name, ...args]) => {
        try {
          return run(name, args)
        } catch (error) {
          return error
        }
      })
    },
    async subscribe(channel, on) {
      const hearing = listeners.get(channel) ?? new Set()
      listeners.set(channel, hearing.add(on))
      return async () => void hearing.delete(on)
    },
  }
}
