// Somebody who asks a server all the time, on a new connection each: when does the new release answer, and is anybody away?
import { httpGet } from '../e2e/clients.ts'

const POLL_EVERY_MS = 5
const DEADLINE_MS = 30_000

export interface Polled {
  /** From the begin until `wanted` was the answer. */
  readonly answeredAfterMs: number
  /** From the last answer before a failed request to the first after it, all of them together; 0 when none has failed. */
  readonly outageMs: number
}

/** Asks until `wanted` is the answer and `done` is true. Throws when that takes too long. */
export async function poll(url: string, wanted: string, done: () => boolean): Promise<Polled> {
  const begun = performance.now()
  let answeredAfterMs: number | null = null
  let lastAnswer = begun
  let failed = false
  let outageMs = 0
  while (answeredAfterMs === null || !done()) {
    const body = await httpGet(url).then(
      (answer) => answer.body,
      () => null,
    )
    const now = performance.now()
    if (now - begun > DEADLINE_MS) throw new Error(`Waited ${DEADLINE_MS} ms in vain for ${url} to say ${wanted}`)
    if (body === null) failed = true
    else {
      if (failed) outageMs += now - lastAnswer
      failed = false
      lastAnswer = now
      if (body === wanted) answeredAfterMs ??= now - begun
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_EVERY_MS))
  }
  return { answeredAfterMs, outageMs }
}
