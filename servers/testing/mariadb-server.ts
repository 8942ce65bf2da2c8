// A real mariadbd for a test, with a data folder of its own, reached by a socket only.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createLines } from './lines.ts'

export interface MariadbServer {
  readonly socket: string
  /** The account that may do everything; it is known by the socket and has no password. */
  readonly user: string
  /** Kills it and starts it again with its data. */
  restart(): Promise<void>
  stop(): Promise<void>
}

/** Database `test` is there. */
export async function startMariadb(): Promise<MariadbServer> {
  const folder = await mkdtemp(join(tmpdir(), 'edge-maria-'))
  // As root it must run as the account of the Debian package, which has to get through.
  const asRoot = process.getuid?.() === 0
  if (asRoot) await chmod(folder, 0o777)
  const user = asRoot ? ['--user=mysql'] : []
  const datadir = `--datadir=${join(folder, 'data')}`
  const installing = spawn(
    'mariadb-install-db',
    ['--no-defaults', datadir, ...user, '--auth-root-authentication-method=normal'],
    {
      stdio: 'ignore',
    },
  )
  const [code] = await once(installing, 'exit')
  if (code !== 0) throw new Error(`mariadb-install-db ended with ${code}`)
  const socket = join(folder, 'mysql.sock')
  let child = await start()

  async function start() {
    const started = spawn(
      '/usr/sbin/mariadbd',
      [
        '--no-defaults',
        datadir,
        ...user,
        `--socket=${socket}`,
        '--skip-networking',
        `--pid-file=${join(folder, 'pid')}`,
        '--innodb-buffer-pool-size=16M',
      ],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    )
    await createLines(started.stderr!).until(/ready for connections/)
    return started
  }
  async function kill(): Promise<void> {
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended
  }

  return {
    socket,
    user: 'root',
    async restart() {
      await kill()
      child = await start()
    },
    async stop() {
      await kill()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
