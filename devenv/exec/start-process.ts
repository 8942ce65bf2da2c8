// Starts what outlives us: a session of its own, output appended to a file (a pipe would break when we die), fd 3 to talk on.
import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import type { Socket } from 'node:net'
import type { Readable } from 'node:stream'
import { EdgeyardError } from '../../servers/contract/errors.ts'
import { type Command, PID_FD } from './command.ts'
import { createLineChannel, type LineChannel } from './line-channel.ts'
import { spawnCommand } from './spawn-command.ts'

export interface StartedProcess {
  /** Of the program itself, in our process namespace, not of what confines it. */
  readonly pid: number
  readonly channel: LineChannel
  /** Resolves when it has ended. Never rejects. */
  readonly exited: Promise<ProcessEnd>
}

export interface ProcessEnd {
  /** Where more is known than how: e.g. which limit it had met. */
  readonly why?: string
  readonly exitCode: number | null
  readonly signal: NodeJS.Signals | null
}

/**
 * Starts a detached process; `environment` is added to its own. `outputFile` gets what it writes to stdout and stderr; it is made (0600) when missing, and a
 * link in its place is refused. Rejects with COMMAND_FAILED when the program cannot be started.
 */
export async function startProcess(
  command: Command,
  options: { outputFile: string; environment?: Readonly<Record<string, string>> },
): Promise<StartedProcess> {
  const { O_APPEND, O_CREAT, O_NOFOLLOW, O_WRONLY } = constants
  const output = await open(options.outputFile, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW, 0o600)
  try {
    const stdio = ['ignore' as const, output.fd, output.fd, 'pipe' as const]
    const child = await spawnCommand(command, {
      detached: true,
      stdio: command.tellsPid ? [...stdio, 'pipe'] : stdio,
      environment: options.environment,
    })
    const channel = createLineChannel(child.stdio[3] as Socket)
    const exited = new Promise<ProcessEnd>((resolve) => {
      child.on('exit', (exitCode, signal) => resolve(asOfProgram(exitCode, signal, command)))
    })
    const pid = command.tellsPid ? await readPid(child.stdio[PID_FD] as Readable, command) : child.pid
    return { pid, channel, exited }
  } finally {
    await output.close()
  }
}

/** bubblewrap exits with 128 + the number of the signal that ended the program. */
function asOfProgram(exitCode: number | null, signal: NodeJS.Signals | null, command: Command): ProcessEnd {
  if (!command.tellsPid || exitCode === null || exitCode <= 128) return { exitCode, signal }
  const name = SIGNALS[exitCode - 128]
  return name === undefined ? { exitCode, signal } : { exitCode: null, signal: name }
}

const SIGNALS: Readonly<Record<number, NodeJS.Signals>> = {
  3: 'SIGQUIT',
  4: 'SIGILL',
  6: 'SIGABRT',
  7: 'SIGBUS',
  8: 'SIGFPE',
  9: 'SIGKILL',
  11: 'SIGSEGV',
  15: 'SIGTERM',
  31: 'SIGSYS',
}

async function readPid(told: Readable, command: Command): Promise<number> {
  let text = ''
  try {
    for await (const chunk of told) text += chunk
  } catch {
    // Told below: whatever went wrong, there is no pid.
  }
  const pid = /"child-pid"\s*:\s*(\d+)/.exec(text)?.[1]
  if (pid === undefined)
    throw new EdgeyardError('COMMAND_FAILED', `Cannot start "${command.file}": it did not say whom it started`)
  return Number(pid)
}
