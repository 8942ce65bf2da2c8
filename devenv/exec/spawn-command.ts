// The one place that starts processes. No shell, no inherited environment, a missing program told as an error.
import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process'
import { once } from 'node:events'
import { EdgeyardError } from '../../servers/contract/errors.ts'
import type { Command } from './command.ts'

/** What a child may know of our environment. */
function minimalEnvironment(): Record<string, string> {
  const {
    PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    HOME = '/',
    LANG = 'C.UTF-8',
  } = process.env
  return { PATH, HOME, LANG }
}

/** Starts a command. Rejects with COMMAND_FAILED when the program cannot be started at all. */
export async function spawnCommand(
  command: Command,
  options: { stdio: StdioOptions; detached?: boolean },
): Promise<ChildProcess & { pid: number }> {
  const child = spawn(command.file, [...command.args], {
    env: command.env ?? minimalEnvironment(),
    stdio: options.stdio,
    detached: options.detached ?? false,
    ...(command.cwd === undefined ? {} : { cwd: command.cwd }),
  })
  if (child.pid === undefined) {
    const [error] = (await once(child, 'error')) as [NodeJS.ErrnoException]
    throw new EdgeyardError('COMMAND_FAILED', `Cannot start "${command.file}": ${error.message}`, { cause: error })
  }
  return child as ChildProcess & { pid: number }
}
