// `edgeyard restart|stop|start|reload|rollback|releases SERVER DEVELOPER` and `redis restart|flush DEVELOPER`: the verbs that a
// developer has over ssh, about anybody's sandbox.

import { EdgeyardError } from '../../servers/contract/errors.ts'
import { OPERATOR } from '../control/by.ts'
import type { VerbCall } from '../control/parse-verb.ts'
import { performVerb } from '../control/perform-verb.ts'
import { isReleaseText } from '../control/release-text.ts'
import { requireDeveloper } from '../developers/developers.ts'
import { plain, plainJson } from '../records/plain.ts'
import { type CommandContext, type ExitCode, parseSandbox } from './context.ts'

export interface ActOptions {
  readonly json?: boolean
}

/** Resolves when it has happened, not before. A start that did not come up is told by its state, and by the exit code. */
export async function act(
  context: CommandContext,
  verb: VerbCall['verb'],
  { server, developer, release = null }: { server: string; developer: string; release?: string | null | undefined },
  options: ActOptions,
): Promise<ExitCode> {
  const name = parseSandbox(server, developer)
  if (release !== null && !isReleaseText(release)) {
    throw new EdgeyardError(
      'RELEASE_UNKNOWN',
      `Cannot find a release "${release}": it is named as in "edgeyard releases"`,
    )
  }
  return await perform(context, { verb, server: name.server, release, of: null, json: false }, developer, options)
}

/** A developer's own Redis. */
export async function actOnRedis(
  context: CommandContext,
  verb: 'redis restart' | 'redis flush',
  developer: string,
  options: ActOptions,
): Promise<ExitCode> {
  await requireDeveloper(context.layout, developer)
  return await perform(context, { verb, server: null, release: null, of: null, json: false }, developer, options)
}

async function perform(
  { layout, terminal }: CommandContext,
  call: VerbCall,
  developer: string,
  { json }: ActOptions,
): Promise<ExitCode> {
  const onProgress = (line: string) => terminal.tell(plain(line))
  const answer = await performVerb(call, { socket: layout.control, developer, by: OPERATOR, onProgress })
  terminal.print(json ? plainJson(answer.json) : plain(answer.text))
  return answer.ok ? 0 : 1
}
