// What every command gets: where the yard is, and where to speak.
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { EdgeyardError } from '../../servers/contract/errors.ts'
import { isDeveloperName, isServerName, type SandboxName, SERVERS } from '../../servers/contract/names.ts'
import { callControl } from '../control/call.ts'
import { SOCKET_LOOK_EVERY_MS } from '../control/limits.ts'
import type { ControlVerb, ControlVerbs } from '../control/protocol.ts'
import { ROOT_BYTES_MAX, type YardLayout, yardLayout } from '../sandbox/layout.ts'
import { findHolder } from '../supervisor/hold-root.ts'
import type { Terminal } from './terminal.ts'

export interface CommandContext {
  readonly layout: YardLayout
  readonly terminal: Terminal
  /** The folder with package.json and dist. */
  readonly projectRoot: string
  /** What to type to call us again: `edgeyard` or `npx edgeyard`. */
  readonly command: string
}

/** What a command comes to; 2, for a wrong call, is said where the call is parsed. 75: {@link START_AGAIN}. */
export type ExitCode = 0 | 1 | typeof START_AGAIN

/** Of an `up` that systemd runs, and that has handed over: it is not done, and is to be started again (EX_TEMPFAIL of sysexits.h). */
export const START_AGAIN = 75

/** `root` as given, relative to `cwd`. Throws `ROOT_UNUSABLE` for one whose sockets would have too long a path. */
export function createContext(options: {
  root: string
  cwd: string
  terminal: Terminal
  projectRoot: string
  command: string
}): CommandContext {
  const { terminal, projectRoot, command } = options
  const root = resolve(options.cwd, options.root)
  if (Buffer.byteLength(root) > ROOT_BYTES_MAX) {
    throw new EdgeyardError(
      'ROOT_UNUSABLE',
      `Cannot use ${root} as the root: its path has more than ${ROOT_BYTES_MAX} bytes`,
    )
  }
  return { layout: yardLayout(root), terminal, projectRoot, command }
}

/** Throws `ROOT_UNUSABLE` where no yard was ever brought up. */
export function requireYard({ layout }: CommandContext): void {
  if (existsSync(layout.state)) return
  throw new EdgeyardError(
    'ROOT_UNUSABLE',
    `There is no yard in ${layout.root}: name its folder with --root or EDGEYARD_ROOT, or make one with "edgeyard up"`,
  )
}

/** Asks the daemon and shows its progress. Throws as {@link callControl}, and YARD_RUNNING for one that has lost its socket. */
export async function ask<V extends ControlVerb>(
  { layout, terminal, command }: CommandContext,
  verb: V,
  params: ControlVerbs[V]['params'],
): Promise<ControlVerbs[V]['result']> {
  try {
    return await callControl(layout.control, verb, params, { onProgress: (line) => terminal.tell(line) })
  } catch (error) {
    const { code, cause } = error as EdgeyardError
    // With a cause it is not the daemon that has said so.
    const holder = code === 'YARD_NOT_RUNNING' && cause !== undefined ? await findHolder(layout.root) : null
    if (holder === null) throw error
    const daemon = holder.pid === null ? 'a daemon of this yard runs' : `a daemon of this yard runs (pid ${holder.pid})`
    const kill = `kill -9 ${holder.pid ?? 'its process'}`
    throw new EdgeyardError(
      'YARD_RUNNING',
      `Cannot do "${verb}": ${daemon}, but its socket ${layout.control} is not there: it makes it anew within ${SOCKET_LOOK_EVERY_MS / 1000} s, try again then. If it does not: ${kill}, then "${command} up", which adopts what runs`,
      { cause: error },
    )
  }
}

/** As {@link ask}, null when no daemon runs. */
export async function askIfRunning<V extends ControlVerb>(
  context: CommandContext,
  verb: V,
  params: ControlVerbs[V]['params'],
): Promise<ControlVerbs[V]['result'] | null> {
  try {
    return await ask(context, verb, params)
  } catch (error) {
    if ((error as EdgeyardError).code === 'YARD_NOT_RUNNING') return null
    throw error
  }
}

/** Throws `SANDBOX_UNKNOWN` for what cannot be a sandbox. */
export function parseSandbox(server: string, developer: string): SandboxName {
  if (isServerName(server) && isDeveloperName(developer)) return { server, developer }
  throw new EdgeyardError(
    'SANDBOX_UNKNOWN',
    `Cannot find the sandbox "${server}" of "${developer}": a server is one of ${SERVERS.join(', ')}, a developer as in "edgeyard dev list"`,
  )
}
