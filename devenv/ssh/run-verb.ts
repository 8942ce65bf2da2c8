// What a developer may ask for over ssh beside git: the verbs of the one table, about their own sandboxes.
import { messageOf } from '../../servers/contract/errors.ts'
import type { By } from '../control/by.ts'
import type { VerbCall } from '../control/parse-verb.ts'
import { performVerb } from '../control/perform-verb.ts'
import { plain, plainJson } from '../records/plain.ts'
import { say, type Visit } from './visit.ts'

/** Resolves with the exit code. A client that leaves changes nothing for what it asked for. */
export async function runVerb(
  visit: Visit,
  call: VerbCall,
  who: { socket: string; developer: string; by: By },
): Promise<number> {
  const { channel, gone } = visit
  const write = (text: string) => {
    visit.onMoved()
    if (!gone.aborted) channel.write(`${text}\n`)
  }
  // A program reads the answer alone.
  const onProgress = (line: string) => (call.json ? visit.onMoved() : write(plain(line)))
  try {
    const { text, json, ok } = await performVerb(call, { ...who, onProgress, signal: gone })
    write(call.json ? plainJson(json) : plain(text))
    return ok ? 0 : 1
  } catch (error) {
    if (gone.aborted) return 1
    say(channel, plain(messageOf(error)))
    return 1
  }
}
