// git's proc-receive: answers pushes to `refs/ctl/<verb>` and makes no ref, so that the same push works every time.
// pre-receive has already decided that the pusher may ask: one verb of their own sandbox.
import { parseCtl } from '../../devenv/control/parse-verb.ts'
import { performVerb } from '../../devenv/control/perform-verb.ts'
import { printable } from '../../devenv/control/printable.ts'
import type { RefUpdate } from '../../devenv/control/protocol.ts'
import { messageOf } from '../../servers/contract/errors.ts'
import type { Report } from '../report/report.ts'
import { authorise } from '../validate/authorise.ts'
import { parseUpdate } from '../validate/parse-updates.ts'
import type { HookContext } from './context.ts'
import type { HookCall } from './hook.ts'
import { FLUSH, packet, readPackets } from './pkt-line.ts'

/** The daemon bounds a restart; this ends the push when the daemon itself hangs. */
const VERB_DEADLINE_MS = 120_000

export async function procReceive({ context, report, input, output }: HookCall): Promise<number> {
  const packets = readPackets(input)
  // `version=1` and what git can do besides; we ask for none of it, so it sends no push options.
  await untilFlush(packets)
  output(Buffer.concat([packet('version=1\n'), FLUSH]))
  const updates = (await untilFlush(packets)).map((line) => parseUpdate(line.toString('latin1')))
  const answers = []
  for (const update of updates) answers.push(packet(`${await answer(context, update, report)}\n`))
  output(Buffer.concat([...answers, FLUSH]))
  return 0
}

async function untilFlush(packets: AsyncGenerator<Buffer | null>): Promise<Buffer[]> {
  const lines: Buffer[] = []
  for (;;) {
    const { value, done } = await packets.next()
    if (done || value === null) return lines
    lines.push(value)
  }
}

/** `ok <ref>` or `ng <ref> <reason>`: what git tells the client. */
async function answer(context: HookContext, update: RefUpdate, report: Report): Promise<string> {
  try {
    const refusal = await perform(context, update, report)
    return refusal === undefined ? `ok ${update.ref}` : `ng ${update.ref} ${printable(refusal)}`
  } catch (error) {
    return `ng ${update.ref} ${printable(messageOf(error).split('\n', 1)[0] ?? '')}`
  }
}

async function perform(
  { layout, repository, pusher, by }: HookContext,
  update: RefUpdate,
  report: Report,
): Promise<string | undefined> {
  // Asked once more: this hook acts, so it does not rely on another one having run.
  const developers = pusher.operator ? [] : [pusher.developer]
  const [refusal] = authorise({ repository, pusher, updates: [update], developers })
  const call = parseCtl(update.ref, repository)
  if (refusal !== undefined || call === undefined || pusher.operator) return refusal ?? 'refs/ctl is for developers'
  const { developer } = pusher
  const signal = AbortSignal.timeout(VERB_DEADLINE_MS)
  const { text, ok } = await performVerb(call, {
    ...{ socket: layout.control, developer, by, onProgress: report.line, signal },
  })
  report.line(text)
  return ok ? undefined : 'it did not come to what was asked'
}
