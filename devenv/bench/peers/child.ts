// The peers that are programs of this folder: each a process of its own, told in its argument what to reach.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Peer, StorePlaces } from './peer.ts'

const PROGRAMS = {
  'uWebSockets.js': 'uws-server.js',
  'node:http + ws': 'node-server.js',
  Fastify: 'fastify-server.js',
} as const
export type ChildTitle = keyof typeof PROGRAMS

export async function startChild(title: ChildTitle, stores: StorePlaces = {}): Promise<Peer> {
  const program = fileURLToPath(new URL(PROGRAMS[title], import.meta.url))
  const child = fork(program, [JSON.stringify(stores)], { execArgv: ['--expose-gc'], env: { NODE_ENV: 'production' } })
  const ended = once(child, 'exit')
  const [message] = await Promise.race([once(child, 'message'), ended])
  if (typeof message !== 'object' || message === null) throw new Error(`${title} has ended with ${message}`)
  return {
    title,
    pid: child.pid!,
    port: (message as { port: number }).port,
    async stop() {
      child.kill('SIGKILL')
      await ended
    },
  }
}
