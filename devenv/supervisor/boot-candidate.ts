// Starts a candidate and waits until it says that it is ready, or says why it is not.
import { type FromServer, parseFromServer, type StartFailure, type ToServer } from '../../servers/contract/channel.ts'
import { messageOf } from '../../servers/contract/errors.ts'
import type { SandboxName } from '../../servers/contract/names.ts'
import type { CandidateFailure } from '../control/protocol.ts'
import { describeFailure } from './candidate-failure.ts'
import { beginSandbox, type LaunchOptions, launchSandbox, type Target } from './launch-sandbox.ts'
import type { KeptProcess } from './processes.ts'
import { within } from './within.ts'
import type { YardContext } from './yard-context.ts'

/** How long a script may take to load and start. A push waits for it, and a developer for the push. */
export const BOOT_DEADLINE_MS = 15_000
/** From the word to listen to the port being taken: no script of anybody's runs in between. */
const LISTEN_DEADLINE_MS = 5_000
/** A process that has lost its channel or said `failed` ends by itself; what it wrote last is waited for that long. */
const END_DEADLINE_MS = 2_000

export type Booted = { readonly ready: KeptProcess } | { readonly failure: CandidateFailure }

/**
 * Never rejects: whatever is in the way is the failure. The process of a failure has ended. `prepared`: a process that has the conf
 * of the target and waits for its release.
 */
export async function bootCandidate(
  context: YardContext,
  name: SandboxName,
  target: Target,
  options: LaunchOptions,
  prepared: KeptProcess | null = null,
): Promise<Booted> {
  const since = new Date()
  let candidate: KeptProcess
  try {
    if (prepared?.end === null) {
      candidate = prepared
      await beginSandbox(context, name, target, prepared)
    } else candidate = await launchSandbox(context, name, target, options)
  } catch (error) {
    await prepared?.stop('SIGKILL', END_DEADLINE_MS)
    const why = { kind: 'other', message: messageOf(error), since } as const
    return { failure: { ...(await describeFailure(context, name, target, why)), fault: 'yard' } }
  }
  const said = await hear(candidate, BOOT_DEADLINE_MS)
  if (said.kind === 'said' && said.message.type === 'ready') return { ready: candidate }
  return { failure: await failed(context, name, target, candidate, said, since, 'ready') }
}

/** Tells a ready candidate to take its port. Null when it has; otherwise the failure, and the process has ended. */
export async function letListen(
  context: YardContext,
  name: SandboxName,
  target: Target,
  candidate: KeptProcess,
): Promise<CandidateFailure | null> {
  const since = new Date(candidate.run.startedAt)
  candidate.channel?.send({ type: 'listen', pid: candidate.run.pid } satisfies ToServer)
  const said = await hear(candidate, LISTEN_DEADLINE_MS)
  if (said.kind === 'said' && said.message.type === 'listening') return null
  return await failed(context, name, target, candidate, said, since, 'listening')
}

type Heard =
  | { readonly kind: 'said'; readonly message: FromServer }
  | { readonly kind: 'ended' }
  | { readonly kind: 'late' }
  | { readonly kind: 'broken'; readonly why: string }

async function hear(candidate: KeptProcess, ms: number): Promise<Heard> {
  if (candidate.channel === null) return { kind: 'ended' }
  try {
    const line = await within(candidate.channel.next(), ms, undefined)
    if (line === undefined) return { kind: 'late' }
    return line === null ? { kind: 'ended' } : { kind: 'said', message: parseFromServer(line) }
  } catch (error) {
    return { kind: 'broken', why: messageOf(error) }
  }
}

async function failed(
  context: YardContext,
  name: SandboxName,
  target: Target,
  candidate: KeptProcess,
  heard: Heard,
  since: Date,
  awaited: 'ready' | 'listening',
): Promise<CandidateFailure> {
  candidate.refuse()
  if (heard.kind !== 'late') await within(candidate.ended, END_DEADLINE_MS, null)
  await candidate.stop('SIGKILL', END_DEADLINE_MS)
  const output = await candidate.lastLines()
  return await describeFailure(context, name, target, { ...reasonOf(heard, candidate, awaited), output, since })
}

function reasonOf(
  heard: Heard,
  { end }: KeptProcess,
  awaited: 'ready' | 'listening',
): { kind: 'told'; failure: StartFailure } | { kind: 'hung' | 'ended' | 'other'; message: string } {
  if (heard.kind === 'said' && heard.message.type === 'failed') return { kind: 'told', failure: heard.message.failure }
  if (heard.kind === 'late' && awaited === 'listening') {
    return { kind: 'other', message: `It does not listen ${LISTEN_DEADLINE_MS / 1000} s after it was told to` }
  }
  if (heard.kind === 'late') {
    return {
      kind: 'hung',
      message: `Not ready after ${BOOT_DEADLINE_MS / 1000} s: it is still being loaded, or its start hook has not ended`,
    }
  }
  if (heard.kind === 'broken') return { kind: 'other', message: heard.why }
  if (heard.kind === 'said') return { kind: 'other', message: `It said "${heard.message.type}" out of turn` }
  const how = end?.signal ? `by ${end.signal}` : `with exit code ${end?.exitCode}`
  return {
    kind: 'ended',
    message: `Its process ended ${how} before it was ${awaited}${end?.why === undefined ? '' : `: ${end.why}`}`,
  }
}
