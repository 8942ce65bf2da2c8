// A command is a value until devenv/exec runs it: never a string for a shell.

export interface Command {
  /** A program on the PATH, or an absolute path. */
  readonly file: string
  readonly args: readonly string[]
  /** The whole environment of the child: nothing is inherited. Default: PATH, HOME, LANG only. */
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
}

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
