// A clone, a fetch or a push of somebody whose key is proven: git, between a client's channel and a repository.
import type { RepositoryName } from '../../servers/contract/names.ts'
import type { Command } from '../exec/command.ts'
import { type Piped, pipeCommand } from '../exec/pipe-command.ts'
import type { YardLayout } from '../sandbox/layout.ts'
import { bytesText, quotasOf, type YardQuotas } from '../sandbox/quotas.ts'
import type { Identity } from './login.ts'
import { pump } from './pump.ts'
import { say, type Visit } from './visit.ts'

export interface GitRequest {
  readonly service: 'receive-pack' | 'upload-pack'
  readonly repository: RepositoryName
}

/** What comes before a pack and is not counted as one: the refs. */
const REQUEST_BYTES = 64 * 1024

/** The values of GIT_PROTOCOL that git clients send. Longer ones only carry what future versions may mean by them. */
const GIT_PROTOCOL = /^version=[012]$/

/**
 * Pure. The whole environment of git and of the hooks below it. Who pushes is said here and nowhere else; no setting of
 * the machine's or of a user's git counts. Version 2 of the protocol only changes how upload-pack lists refs.
 */
export function planGit(
  layout: YardLayout,
  request: GitRequest,
  { identity, quotas, protocol }: { identity: Identity; quotas: YardQuotas; protocol: string | undefined },
): Command {
  const { service, repository } = request
  const folder = layout.repository(repository)
  return {
    file: 'git',
    // The repository is the yard's own, whoever owns the folder; git would ask otherwise.
    args: [
      ...['-c', `safe.directory=${folder}`],
      ...(service === 'receive-pack'
        ? ['-c', `receive.maxInputSize=${quotasOf(quotas, identity.developer).push}`]
        : []),
      ...[service, ...(service === 'upload-pack' ? ['--strict'] : []), folder],
    ],
    cwd: layout.root,
    env: {
      PATH: '/usr/local/bin:/usr/bin:/bin',
      HOME: layout.run,
      LANG: 'C.UTF-8',
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_CONFIG_GLOBAL: '/dev/null',
      GIT_TERMINAL_PROMPT: '0',
      EDGEYARD_ROOT: layout.root,
      EDGEYARD_DEVELOPER: identity.developer,
      EDGEYARD_KEY: identity.fingerprint,
      ...(service === 'upload-pack' && protocol !== undefined && GIT_PROTOCOL.test(protocol)
        ? { GIT_PROTOCOL: protocol }
        : {}),
    },
  }
}

/**
 * Runs git for a visit and resolves with its exit code. When the client leaves, a fetch is ended, and a push runs to its
 * end: once its hooks have begun, half of it would be worse than all of it.
 */
export async function runGit(
  visit: Visit,
  command: Command,
  { service, pushBytesMax }: { service: GitRequest['service']; pushBytesMax: number },
): Promise<number> {
  const { channel, wire, gone, onMoved } = visit
  const git: Piped = await pipeCommand(command)
  const leave = () => {
    channel.unpipe(git.stdin)
    git.stdin.end()
    if (service === 'upload-pack') git.kill('SIGTERM')
  }
  if (gone.aborted) leave()
  else gone.addEventListener('abort', leave, { once: true })
  let sent = 0
  channel.on('data', (chunk: Buffer) => {
    sent += chunk.length
    onMoved()
  })
  channel.pipe(git.stdin)
  // What the client still sends after git has stopped reading is thrown away, so that the rest of it can arrive.
  git.stdin.once('close', () => {
    channel.unpipe(git.stdin)
    channel.resume()
  })
  const [, , { exitCode }] = await Promise.all([
    pump(git.stdout, channel, { wire, gone, onMoved }),
    pump(git.stderr, channel.stderr, { wire, gone, onMoved }),
    git.ended,
  ])
  // git has said that it is too much, but not of what; what it did not read has arrived all the same.
  if (service === 'receive-pack' && sent > pushBytesMax + REQUEST_BYTES && !gone.aborted) {
    say(channel, `refused: ${bytesText(sent)} were pushed, at most ${bytesText(pushBytesMax)} (quota push, yard.yml)`)
  }
  return exitCode ?? 128
}
