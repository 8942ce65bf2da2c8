// The one place that starts processes. No shell, no inherited environment, a missing program told as an error.
import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Writable } from 'node:stream'
import { EdgeyardError } from '../../servers/contract/errors.ts'
import { type Command, FILTER_FD } from './command.ts'

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
  options: { stdio: StdioOptions; detached?: boolean; environment?: Readonly<Record<string, string>> | undefined },
): Promise<ChildProcess & { pid: number }> {
  const child = spawn(command.file, [...command.args], {
    env: { ...(command.env ?? minimalEnvironment()), ...options.environment },
    stdio: command.filter === undefined ? options.stdio : withFilter(options.stdio),
    detached: options.detached ?? false,
    ...(command.cwd === undefined ? {} : { cwd: command.cwd }),
  })
  if (child.pid === undefined) {
    const [error] = (await once(child, 'error')) as [NodeJS.ErrnoException]
    throw new EdgeyardError('COMMAND_FAILED', `Cannot start "${command.file}": ${error.message}`, { cause: error })
  }
  if (command.filter !== undefined) {
    const pipe = (child.stdio as readonly unknown[])[FILTER_FD] as Writable
    // A wrapper that ends before it has read it says why on its stderr.
    pipe.on('error', () => {})
    pipe.end(command.filter)
  }
  return child as ChildProcess & { pid: number }
}

function withFilter(stdio: StdioOptions): StdioOptions {
  const given = Array.isArray(stdio) ? stdio : [stdio, stdio, stdio]
  return [...given, ...Array.from({ length: FILTER_FD - given.length }, () => 'ignore' as const), 'pipe']
}
