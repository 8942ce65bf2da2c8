// One redis-server per developer: own socket, user, password, data.

import { rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { dirname } from 'node:path'
import { EdgeyardError } from '../../../servers/contract/errors.ts'
import type { Developer } from '../../developers/developers.ts'
import { confine } from '../../exec/confine.ts'
import type { YardLayout } from '../../sandbox/layout.ts'
import { ensureFolder, ensureLogFolder, ensureRedisRun } from '../folders.ts'
import { requireFreePort } from '../ports.ts'
import type { ServiceSpec } from '../service.ts'
import type { YardContext } from '../yard-context.ts'
import { writeConf } from './write-conf.ts'

/** Where a Redis listens whose conf opens its port, whatever the yard's host is: it is for this machine alone. */
const HOST = '127.0.0.1'
const READY_DEADLINE_MS = 20_000
const STOP_DEADLINE_MS = 15_000
const PING_TIMEOUT_MS = 1_000
/** A Redis frees a few hundred megabytes in so long; one that is saving its file may be slow. */
const FLUSH_TIMEOUT_MS = 15_000

export const redisKey = (developer: string) => `redis/${developer}`

/** `text` is the rendered conf, `port` the one that is its own; whether it listens there too is said by the conf. */
export function redisService(
  context: YardContext,
  developer: Developer,
  conf: { text: string; port: number },
): ServiceSpec {
  const { layout, isolation, asRoot } = context
  const { name, uid } = developer
  const paths = layout.redis(name)
  const tcp = opensPort(conf.text)
  return {
    key: redisKey(name),
    label: tcp ? `redis of ${name} on port ${conf.port}` : `redis of ${name} on its socket`,
    source: { server: 'redis', developer: name },
    command: confine(
      { file: '/usr/bin/redis-server', args: [paths.conf] },
      { isolation, uid, readOnly: [dirname(paths.conf)], readWrite: [paths.data, paths.run] },
    ),
    conf: conf.text,
    stopSignal: 'SIGTERM',
    stopDeadlineMs: STOP_DEADLINE_MS,
    readyDeadlineMs: READY_DEADLINE_MS,
    async prepare() {
      const owner = uid === null ? undefined : { uid, gid: uid }
      await ensureLogFolder(layout, 'redis', name, asRoot)
      await ensureFolder(dirname(paths.conf), { mode: 0o750, owner: uid === null ? undefined : { uid: 0, gid: uid } })
      await ensureFolder(paths.data, { mode: 0o700, owner })
      await writeConf(paths.conf, conf.text, uid)
      await ensureRedisRun(layout, name, uid)
      // One that was killed has left it; where there is none, the conf has none either.
      await rm(paths.socket, { force: true })
      if (tcp) await requireFreePort(HOST, conf.port, `redis of ${name}`)
    },
    isReady: () => ping(addressOf(layout, name, conf), developer.redisPassword),
    // Also that it is busy with a script, or has too many clients.
    stillAnswers: async (signal) =>
      (await ask(addressOf(layout, name, conf), developer.redisPassword, 'PING', signal)) !== '',
  }
}

/** Empties all databases. Resolves when they are empty; throws STORE_UNAVAILABLE when it does not answer. */
export async function flushRedis(
  layout: YardLayout,
  { name, redisPassword }: Developer,
  conf: { text: string; port: number },
): Promise<void> {
  const late = AbortSignal.timeout(FLUSH_TIMEOUT_MS)
  const said = await ask(addressOf(layout, name, conf), redisPassword, 'FLUSHALL', late).catch(() => '')
  if (said === '+OK\r\n+OK\r\n') return
  const why = said.split('\r\n').find((line) => line.startsWith('-')) ?? 'it does not answer'
  throw new EdgeyardError('STORE_UNAVAILABLE', `Cannot empty redis of ${name}: ${why}`)
}

function addressOf(layout: YardLayout, developer: string, conf: { text: string; port: number }): Address {
  return hasSocket(conf.text) ? { path: layout.redis(developer).socket } : { host: HOST, port: conf.port }
}

type Address = { readonly path: string } | { readonly host: string; readonly port: number }

const hasSocket = (conf: string) => /^unixsocket\s/m.test(conf)
const opensPort = (conf: string) => !/^bind\s+""\s*$/m.test(conf)

/** True when it is our Redis that answers: it knows the password. */
export async function ping(address: Address, password: string): Promise<boolean> {
  return (await ask(address, password, 'PING', AbortSignal.timeout(PING_TIMEOUT_MS))) === '+OK\r\n+PONG\r\n'
}

/** Logs in, says one command of ours, and resolves with all that was answered; less where it goes away. Throws when it is not there. */
function ask(address: Address, password: string, command: 'PING' | 'FLUSHALL', signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ ...address, signal })
    let text = ''
    socket.on('connect', () => socket.write(`AUTH ${password}\r\n${command}\r\n`))
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1')
      if (text.split('\r\n').length > 2) socket.destroy()
    })
    socket.on('error', reject)
    socket.on('close', () => resolve(text))
  })
}
