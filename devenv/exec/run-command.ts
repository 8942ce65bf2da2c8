// Runs a command to its end and hands back all it said.
//
//   const { stdout } = await runOk({ file: 'git', args: ['--version'] })
import type { ChildProcess } from 'node:child_process'
import type { Readable } from 'node:stream'
import { EdgeyardError } from '../../servers/contract/errors.ts'
import { type Command, describeCommand, type Ended, PID_FD } from './command.ts'
import { spawnCommand } from './spawn-command.ts'

/** More than any command of ours says; a child that says more is killed, and its end says so. */
const OUTPUT_BYTES_MAX = 64 * 1024 * 1024

/** How long what is asked to end may take to put its files in order. */
const END_DEADLINE_MS = 2_000

export interface RunOptions {
  readonly input?: Uint8Array | string
  /** Killed after so long. */
  readonly timeoutMs?: number
  /**
   * Ends it early: it, and what it has started, get SIGTERM, and SIGKILL if that does not end them. Whoever can be ended like this
   * has a process group of its own.
   */
  readonly signal?: AbortSignal
}

/** Resolves when the command has ended, however it ended. Rejects (COMMAND_FAILED) only when it cannot be started. */
export async function runCommand(command: Command, options: RunOptions = {}): Promise<Ended> {
  const stdin = options.input === undefined ? 'ignore' : 'pipe'
  // Nobody needs the pid of what is waited for, but who tells it wants somebody to listen: fd 3 and PID_FD.
  const unheard = command.tellsPid ? (['ignore', 'pipe'] as const) : []
  const child = await spawnCommand(command, {
    stdio: [stdin, 'pipe', 'pipe', ...unheard],
    detached: options.signal !== undefined,
  })
  const kill = (signal: NodeJS.Signals) => killAll(child, signal, { group: options.signal !== undefined })
  child.stdio[PID_FD]?.on('error', () => {})
  ;(child.stdio[PID_FD] as Readable | undefined)?.resume()
  const stdout: Buffer[] = []
  const stderr: Buffer[] = []
  let bytes = 0
  let timedOut = false
  const keep = (chunks: Buffer[]) => (chunk: Buffer) => {
    bytes += chunk.length
    if (bytes > OUTPUT_BYTES_MAX) kill('SIGKILL')
    else chunks.push(chunk)
  }
  child.stdout?.on('data', keep(stdout))
  child.stderr?.on('data', keep(stderr))
  const timer =
    options.timeoutMs === undefined
      ? undefined
      : setTimeout(() => {
          timedOut = true
          kill('SIGKILL')
        }, options.timeoutMs)
  let killer: NodeJS.Timeout | undefined
  const end = () => {
    kill('SIGTERM')
    killer = setTimeout(() => kill('SIGKILL'), END_DEADLINE_MS)
  }
  if (options.signal?.aborted) end()
  else options.signal?.addEventListener('abort', end, { once: true })
  if (options.input !== undefined) {
    // A child that ends without reading its input is no failure of ours: its exit code says what it thinks.
    child.stdin?.on('error', () => {})
    child.stdin?.end(options.input)
  }
  const [exitCode, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve) => {
    child.on('close', (code, by) => resolve([code, by]))
  })
  clearTimeout(timer)
  clearTimeout(killer)
  options.signal?.removeEventListener('abort', end)
  return {
    command: describeCommand(command),
    exitCode,
    signal,
    stdout: Buffer.concat(stdout),
    stderr: Buffer.concat(stderr).toString('utf8'),
    timedOut,
  }
}

/** As {@link runCommand}, and throws COMMAND_FAILED with what it wrote to stderr unless it exits with 0. */
export async function runOk(command: Command, options: RunOptions = {}): Promise<Ended> {
  const ended = await runCommand(command, options)
  if (ended.exitCode === 0) return ended
  throw new EdgeyardError(
    'COMMAND_FAILED',
    `${command.file} failed (${reasonOf(ended)}): ${ended.stderr.trim() || ended.command}`,
  )
}

/** A command of several processes is over when the last of them is. */
function killAll(child: ChildProcess & { pid: number }, signal: NodeJS.Signals, { group }: { group: boolean }): void {
  if (!group) return void child.kill(signal)
  try {
    process.kill(-child.pid, signal)
  } catch {
    // All of them have ended.
  }
}

function reasonOf(ended: Ended): string {
  if (ended.timedOut) return 'killed when its time was up'
  return ended.signal === null ? `exit code ${ended.exitCode}` : ended.signal
}
