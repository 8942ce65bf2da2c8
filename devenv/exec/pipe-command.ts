// Runs a command whose input and output belong to somebody far away, e.g. an SSH client.
import type { Readable, Writable } from 'node:stream'
import type { Command } from './command.ts'
import { spawnCommand } from './spawn-command.ts'

export interface Piped {
  readonly stdin: Writable
  readonly stdout: Readable
  readonly stderr: Readable
  /** Resolves when the command has ended and its output is complete. Never rejects. */
  readonly ended: Promise<{ readonly exitCode: number | null; readonly signal: NodeJS.Signals | null }>
  /** Signals the command; does nothing when it has ended. */
  kill(signal: NodeJS.Signals): void
}

/** Rejects with COMMAND_FAILED when the program cannot be started. Errors of the pipes end up in `ended`, not as events. */
export async function pipeCommand(command: Command): Promise<Piped> {
  const child = await spawnCommand(command, { stdio: ['pipe', 'pipe', 'pipe'] })
  const { stdin, stdout, stderr } = child
  if (!stdin || !stdout || !stderr) throw new Error('A child was started without pipes')
  stdin.on('error', () => {})
  return {
    stdin,
    stdout,
    stderr,
    ended: new Promise((resolve) => {
      child.on('close', (exitCode, signal) => resolve({ exitCode, signal }))
    }),
    kill: (signal) => {
      child.kill(signal)
    },
  }
}
