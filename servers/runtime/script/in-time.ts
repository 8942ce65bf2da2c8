// `script_timeout`: a hook that waits for something that never comes must not keep its client, or its server's end, waiting as well.
import type { EventContext } from '../context.ts'
import type { Deadlines } from '../deadlines.ts'

export class ScriptTimeout extends Error {
  constructor(phase: string, ms: number) {
    super(`"${phase}" has not ended within ${ms} ms (script_timeout)`)
    this.name = 'TimeoutError'
  }
}

export interface Timed {
  readonly ctx: EventContext
  readonly deadlines: Deadlines
  /** 0: for ever. */
  readonly ms: number
  /** The hook that is under way. */
  phase(): string
}

/** Settles as `work` does, or rejects with a ScriptTimeout: `ctx.signal` is aborted with it, and what `work` does then is nobody's business. */
export function inTime<T>(work: Promise<T>, { ctx, deadlines, ms, phase }: Timed): Promise<T> {
  if (ms === 0) return work
  return new Promise<T>((resolve, reject) => {
    const deadline = deadlines.add(ms, () => {
      const late = new ScriptTimeout(phase(), ms)
      reject(late)
      ctx.abort(late)
    })
    work.then(
      (result) => {
        deadline.cancel()
        resolve(result)
      },
      (thrown) => {
        deadline.cancel()
        reject(thrown)
      },
    )
  })
}
