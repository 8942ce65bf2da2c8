// Somebody who asks a server all the time, on a new connection each: when does the new release answer, and is anybody away?
import { ask, countAnswer, createTally, note, type Tally } from '../../e2e/load.ts'

const DEADLINE_MS = 60_000

export interface Polled {
  /** From the begin until `wanted` was the answer. */
  readonly answeredAfterMs: number
  readonly tally: Tally
}

export interface PollOptions {
  readonly wanted: string
  /** What may be answered before. */
  readonly before: string
  readonly everyMs: number
  done(): boolean
}

/** Asks until `wanted` is the answer and `done` is true. Throws when that takes too long. */
export async function poll(url: string, { wanted, before, everyMs, done }: PollOptions): Promise<Polled> {
  const tally = createTally()
  const begun = performance.now()
  let answeredAfterMs: number | null = null
  while (answeredAfterMs === null || !done()) {
    const ended = done()
    const asked = await ask(url)
    const now = performance.now()
    if (now - begun > DEADLINE_MS) throw new Error(`Waited ${DEADLINE_MS} ms in vain for ${url} to say ${wanted}`)
    if ('failure' in asked) note(tally, asked.failure, asked.why)
    else if (asked.body === wanted) answeredAfterMs ??= now - begun
    // Old and new share the port for a moment; once the push has ended, only the new one may answer.
    else if (asked.body !== before || ended) note(tally, 'wrong', `answered ${asked.body}`)
    if ('body' in asked) countAnswer(tally)
    await new Promise((resolve) => setTimeout(resolve, everyMs))
  }
  return { answeredAfterMs, tally }
}
