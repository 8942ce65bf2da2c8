// Clients that never stop while releases change, and a tally of what went wrong for them: nobody may be refused, reset, cut
// off or answered wrongly. A closed socket counts as right only with 1012, which a draining server says.
import { type Agent, get } from 'node:http'
import { Session } from './clients.ts'

/** Which versions may answer now: from the last one that is known to be live to the newest that was pushed. */
export interface Versions {
  live: number
  pushed: number
  /** A version that was refused, and may never answer. */
  isBroken?(version: number): boolean
}

/** How a question failed: no connection, a connection that ended without an answer, half an answer, another answer. */
export type Failure = 'refused' | 'reset' | 'cut' | 'wrong'

export interface Tally {
  answers: number
  /** Sockets that were closed with 1012 and are open again. */
  reconnects: number
  readonly failed: Record<Failure, number>
  /** The first few of everything that went wrong. */
  readonly notes: string[]
  lastAnswerAt: number | null
  /** The longest time from one answer to the next, of all clients that share the tally. */
  longestGapMs: number
}

const NOTES_MAX = 10

export function createTally(): Tally {
  const failed = { refused: 0, reset: 0, cut: 0, wrong: 0 }
  return { answers: 0, reconnects: 0, failed, notes: [], lastAnswerAt: null, longestGapMs: 0 }
}

export interface LoadOptions {
  readonly versions: Versions
  readonly tally: Tally
  readonly stop: AbortSignal
  /** Between an answer and the next question. */
  readonly pauseMs: number
}

/** Asks over HTTP until it is stopped: each time on a new connection, or always on the agent's. */
export async function loadHttp(url: string, { versions, tally, stop, pauseMs }: LoadOptions, agent?: Agent) {
  while (!stop.aborted) {
    // A kept connection may still belong to a release that drains: it may answer with an older version, never with a broken one.
    const oldest = agent === undefined ? versions.live : 0
    const asked = await ask(url, agent)
    if ('failure' in asked) note(tally, asked.failure, asked.why)
    else judge(asked.body, oldest, versions, tally)
    await pause(pauseMs)
  }
  agent?.destroy()
}

/** Talks over a WebSocket until it is stopped, and connects again when it is sent away. */
export async function loadSocket(url: string, { versions, tally, stop, pauseMs }: LoadOptions): Promise<void> {
  while (!stop.aborted) {
    const oldest = versions.live
    try {
      const session = await Session.open(url)
      try {
        for (let n = 0; !stop.aborted; n++) {
          const answer = await session.ask(String(n))
          const [version = '', echo] = answer.split(':')
          if (echo === String(n)) judge(version, oldest, versions, tally)
          else note(tally, 'wrong', `asked ${n}, was told ${answer}`)
          await pause(pauseMs)
        }
        await session.close()
      } catch (error) {
        const code = await session.closed
        if (code === 1012) tally.reconnects++
        else note(tally, 'cut', `closed with ${code}: ${error}`)
      }
    } catch (error) {
      note(tally, failureOf(error), String(error))
    }
  }
}

/** One question over HTTP, and how it ended. */
export function ask(url: string, agent?: Agent): Promise<{ body: string } | { failure: Failure; why: string }> {
  return new Promise((resolve) => {
    const request = get(url, agent === undefined ? { agent: false } : { agent }, (response) => {
      let body = ''
      response.setEncoding('utf8').on('data', (text: string) => {
        body += text
      })
      response.on('end', () => {
        if (response.statusCode === 200) resolve({ body })
        else resolve({ failure: 'wrong', why: `status ${response.statusCode}: ${body}` })
      })
      response.on('error', (error) => resolve({ failure: 'cut', why: String(error) }))
    })
    request.on('error', (error) => resolve({ failure: failureOf(error), why: String(error) }))
  })
}

function failureOf(error: unknown): Failure {
  if ((error as NodeJS.ErrnoException).code === 'ECONNREFUSED') return 'refused'
  return /Unexpected server response/.test(String(error)) ? 'wrong' : 'reset'
}

function judge(version: string, oldest: number, { pushed, isBroken }: Versions, tally: Tally): void {
  const number = Number(/^v(\d+)$/.exec(version)?.[1] ?? Number.NaN)
  if (!(number >= oldest && number <= pushed) || isBroken?.(number)) {
    note(tally, 'wrong', `answered ${version}, allowed were v${oldest} to v${pushed}`)
  } else countAnswer(tally)
}

export function countAnswer(tally: Tally): void {
  const now = performance.now()
  if (tally.lastAnswerAt !== null) tally.longestGapMs = Math.max(tally.longestGapMs, now - tally.lastAnswerAt)
  tally.lastAnswerAt = now
  tally.answers++
}

export function note(tally: Tally, failure: Failure, why: string): void {
  tally.failed[failure]++
  if (tally.notes.length < NOTES_MAX) tally.notes.push(`${failure}: ${why}`)
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
