// The process that the hooks of pushes run in (hooks/relay): there while the daemon is. Where it is missing, each hook starts a
// program of its own, and a push takes some tenths of a second longer.
import { join } from 'node:path'
import { messageOf } from '../../servers/contract/errors.ts'
import { type Piped, pipeCommand } from '../exec/pipe-command.ts'
import { within } from './within.ts'
import type { YardContext } from './yard-context.ts'

/** One that ends at once must not be started again and again. */
const AGAIN_MS = 1_000
/** A push that hangs is not waited for. */
const CLOSE_DEADLINE_MS = 5_000
/** Of what it said before it ended. */
const SAID_MAX = 2_000

export interface HookProcess {
  /** Lets the hooks under way end; resolves when it has gone. */
  close(): Promise<void>
}

export function keepHookProcess({ layout, projectRoot, log }: YardContext): HookProcess {
  const program = join(projectRoot, 'dist/hook-programs/serve-hooks.js')
  const command = { file: process.execPath, args: [program, '--root', layout.root], cwd: '/' }
  let current: Piped | null = null
  let again: NodeJS.Timeout | undefined
  let closed = false

  const later = () => {
    if (!closed) again = setTimeout(() => void start(), AGAIN_MS).unref()
  }
  const start = async () => {
    try {
      const started = await pipeCommand(command)
      current = started
      let said = ''
      for (const stream of [started.stdout, started.stderr]) {
        stream.on('data', (chunk: Buffer) => {
          said = `${said}${chunk.toString('utf8')}`.slice(-SAID_MAX)
        })
      }
      if (closed) started.stdin.end()
      void started.ended.then(({ exitCode, signal }) => {
        current = null
        if (exitCode !== 0 && !closed) {
          const how = signal === null ? `with exit code ${exitCode}` : `by ${signal}`
          log('error', `The process of the hooks ended ${how}, another one is started`, { said: said.trim() })
        }
        later()
      })
    } catch (error) {
      log('error', `Cannot start the process of the hooks: ${messageOf(error)}`)
      later()
    }
  }
  const starting = start()
  return {
    async close() {
      closed = true
      clearTimeout(again)
      await starting
      if (current === null) return
      const { stdin, ended, kill } = current
      stdin.end()
      if ((await within(ended, CLOSE_DEADLINE_MS, null)) !== null) return
      kill('SIGKILL')
      await ended
    },
  }
}
