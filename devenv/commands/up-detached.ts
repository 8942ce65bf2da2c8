// `edgeyard up --detach`: the same `up`, started in the background in a session of its own; this one waits until it is ready.
import { join } from 'node:path'
import { EdgeyardError } from '../../servers/contract/errors.ts'
import { startProcess } from '../exec/start-process.ts'
import { DAEMON_ENVIRONMENT, DAEMON_NODE_FLAGS } from '../supervisor/node-program.ts'
import { parseNews } from './announcer.ts'
import { ask, type CommandContext, type ExitCode } from './context.ts'
import { renderYardStatus } from './render-yard-status.ts'
import { tellStrangers } from './strangers.ts'
import { prepareRoot, showLogin, showRunning, type UpOptions } from './up.ts'

/** The option, hidden from people, by which the background process knows that somebody waits on fd 3. */
export const ANNOUNCE_OPTION = '--announce'

/** Where the background process's own words go. */
export const logFileOf = (run: string) => join(run, 'edgeyard.log')

/** 0 when everything is ready. Throws `SERVICE_FAILED` with the reason, as `up` in the foreground would have said it. */
export async function upDetached(context: CommandContext, options: UpOptions): Promise<ExitCode> {
  const { layout, terminal, projectRoot } = context
  await prepareRoot(context, options)
  if (await showRunning(context, options.takeOver)) return 0
  const cli = join(projectRoot, 'dist', 'devenv', 'cli.js')
  const log = logFileOf(layout.run)
  const { channel, exited } = await startProcess(
    {
      file: process.execPath,
      args: [...DAEMON_NODE_FLAGS, cli, 'up', '--root', layout.root, ANNOUNCE_OPTION],
      cwd: '/',
    },
    { outputFile: log, environment: DAEMON_ENVIRONMENT },
  )
  try {
    for (let line = await channel.next(); line !== null; line = await channel.next()) {
      const news = parseNews(line)
      if (news.type === 'progress') {
        for (const text of news.lines) terminal.tell(text)
        channel.send({ type: 'more' })
      } else if (news.type === 'failed') {
        terminal.tell(news.text)
        return 1
      } else {
        const status = await ask(context, 'status', {})
        terminal.print(`\n${renderYardStatus(status, context)}\n`)
        await tellStrangers(context)
        if (options.showLogin) await showLogin(context, status)
        // Another start may have been quicker: the daemon is that one's then.
        terminal.tell(
          `Ready, in the background (pid ${status.pid}, log ${log}). "${context.command} down" stops everything.`,
        )
        return 0
      }
    }
  } finally {
    channel.close()
  }
  const { exitCode, signal } = await exited
  throw new EdgeyardError(
    'SERVICE_FAILED',
    `The daemon ended before it was ready (${signal ?? `exit code ${exitCode}`}); see ${log}`,
  )
}
