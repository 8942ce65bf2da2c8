// `edge-server -s quit|stop|reload|reopen`: signals the process that the pid file names.
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Conf } from '../contract/conf/conf.ts'
import type { SignalWord } from './command-line.ts'
import { readPidFile } from './pid-file.ts'

const SIGNALS = { quit: 'SIGQUIT', stop: 'SIGTERM', reload: 'SIGHUP', reopen: 'SIGUSR1' } as const

/** Throws when there is no such process, or when the pid has gone to somebody else's. */
export function signalServer(conf: Pick<Conf, 'pid'>, prefix: string, word: SignalWord): void {
  const file = resolve(prefix, conf.pid)
  const pid = readPidFile(file)
  if (pid === undefined) throw new Error(`Cannot signal a server: "${file}" names no process`)
  if (!isEdgeServer(pid)) throw new Error(`Cannot signal pid ${pid} of "${file}": it is not an edge-server`)
  process.kill(pid, SIGNALS[word])
}

/** A pid file outlives a crash, and pids are used again. */
function isEdgeServer(pid: number): boolean {
  try {
    const argv = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
    return argv.some((arg) => /(^|\/)edge-server(\/main\.cjs)?$/.test(arg) || arg.endsWith('runtime/main.js'))
  } catch {
    return false
  }
}
