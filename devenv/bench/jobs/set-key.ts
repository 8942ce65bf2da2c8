// The key that the Redis jobs ask for.
import { Redis } from 'ioredis'
import type { StorePlaces } from '../peers/peer.ts'

export async function setKey({ port, password }: NonNullable<StorePlaces['redis']>, key: string): Promise<void> {
  const client = new Redis({ port, password })
  await client.set(key, 'the value of a key')
  client.disconnect()
}
