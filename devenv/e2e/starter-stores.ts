// A Redis and a MariaDB of a test's own, reached by sockets in its folder: no ports, no passwords, gone with the folder.
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { pipeCommand } from '../exec/pipe-command.ts'

export interface TestStore {
  /** The Unix socket. */
  readonly socket: string
  stop(): Promise<void>
}

export async function startTestRedis(folder: string): Promise<TestStore> {
  await mkdir(folder)
  const socket = join(folder, 'redis.sock')
  const args = ['--port', '0', '--unixsocket', socket, '--save', '', '--appendonly', 'no', '--dir', folder]
  return await startStore('redis-server', args, socket)
}

/** Has the database `yard`. */
export async function startTestMariadb(folder: string): Promise<TestStore> {
  await mkdir(folder)
  const socket = join(folder, 'mariadb.sock')
  const init = join(folder, 'init.sql')
  await writeFile(init, 'CREATE DATABASE IF NOT EXISTS yard;\n')
  const args = [
    '--no-defaults',
    // Without grant tables nothing has to be installed first, and everybody may do everything.
    '--skip-grant-tables',
    '--skip-networking',
    `--datadir=${join(folder, 'data')}`,
    `--socket=${socket}`,
    `--pid-file=${join(folder, 'mariadb.pid')}`,
    `--init-file=${init}`,
    '--innodb-buffer-pool-size=16M',
    '--innodb-log-file-size=4M',
    ...(process.getuid?.() === 0 ? ['--user=root'] : []),
  ]
  await mkdir(join(folder, 'data'))
  return await startStore('mariadbd', args, socket)
}

/** Resolves when it says that it is ready, which both stores do in nearly the same words. */
async function startStore(file: string, args: readonly string[], socket: string): Promise<TestStore> {
  const { stdout, stderr, ended, kill } = await pipeCommand({ file, args })
  const ready = Promise.race([said(stdout), said(stderr)])
  const failed = ended.then(({ exitCode, signal }) => {
    throw new Error(`${file} has ended with ${exitCode ?? signal} before it was ready`)
  })
  await Promise.race([ready, failed])
  failed.catch(() => {})
  return {
    socket,
    async stop() {
      kill('SIGTERM')
      await ended
    },
  }
}

/** Reads on after it: a full pipe would stop the store. */
function said(stream: Readable): Promise<void> {
  let text = ''
  return new Promise((resolve) => {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      text = (text + chunk).slice(-1000)
      if (/ready (to accept|for) connections/i.test(text)) resolve()
    })
  })
}
