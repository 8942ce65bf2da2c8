// A command is a value until devenv/exec runs it: never a string for a shell.

export interface Command {
  /** A program on the PATH, or an absolute path. */
  readonly file: string
  readonly args: readonly string[]
  /** The whole environment of the child: nothing is inherited. Default: PATH, HOME, LANG only. */
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
  /**
   * The program is a wrapper that tells the process id of what it wraps on {@link PID_FD} (bubblewrap's `--info-fd`):
   * that one is the process to watch and to signal.
   */
  readonly tellsPid?: true
  /** What the wrapper reads from {@link FILTER_FD}: which system calls the program may make. */
  readonly filter?: Uint8Array
}

/** Where a wrapper reads the filter of system calls. */
export const FILTER_FD = 5

/** Where a wrapper tells whom it started. Behind the channel of servers/contract/channel.ts. */
export const PID_FD = 4

/** What has ended, with its reason: the same shape for success and failure. */
export interface Ended {
  readonly command: string
  readonly exitCode: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: Buffer
  readonly stderr: string
  /** True when `timeoutMs` passed and the child was killed. */
  readonly timedOut: boolean
}

/** The command as a person would type it, for messages; secrets must not be among the arguments anyway. */
export function describeCommand(command: Command): string {
  return [command.file, ...command.args].map((part) => (/^[\w@%+=:,./-]+$/.test(part) ? part : `'${part}'`)).join(' ')
}
