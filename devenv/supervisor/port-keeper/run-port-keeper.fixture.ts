// The process that keeps ports, without a yard.
import { type ChildProcess, spawn } from 'node:child_process'
import { connect } from 'node:net'
import { fileURLToPath } from 'node:url'
import { askUntil } from '../within.ts'

const PROGRAM = fileURLToPath(new URL('../../../../devenv/supervisor/port-keeper/keep-ports.pl', import.meta.url))
const READY_DEADLINE_MS = 10_000

/** Resolves when it listens on `path`, a Unix socket. It is the caller's to end. */
export async function runPortKeeper(path: string): Promise<ChildProcess> {
  const keeper = spawn('/usr/bin/perl', [PROGRAM, path], { stdio: ['ignore', 'ignore', 'inherit'] })
  const listens = () =>
    new Promise<boolean>((resolve) => {
      const socket = connect(path)
      socket.on('connect', () => resolve(true)).on('error', () => resolve(false))
      socket.on('connect', () => socket.destroy())
    })
  if (await askUntil(listens, { ms: READY_DEADLINE_MS })) return keeper
  keeper.kill()
  throw new Error(`Nobody listens on ${path}`)
}
