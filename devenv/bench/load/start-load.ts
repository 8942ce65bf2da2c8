// The load's process, as the bench sees it.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { pin } from '../pin.ts'
import type { FromLoad, Load, ToLoad } from './load.ts'

export interface LoadProcess {
  open(load: Load): Promise<void>
  /** Resolves with the operations that were done in this time. */
  run(ms: number): Promise<number>
  close(): Promise<void>
  stop(): void
}

/** One operation too few a second for this long means that nothing moves any more. */
const STALLED_MS = 30_000

export function startLoad(): LoadProcess {
  const child = fork(fileURLToPath(new URL('main.js', import.meta.url)), { execArgv: [] })
  pin(child.pid!, 'load')
  async function ask(asked: ToLoad, ms = 0): Promise<number> {
    // What was not told is let go of: a bench asks the same process many times.
    const told = new AbortController()
    const { signal } = told
    const timer = setTimeout(() => child.kill('SIGKILL'), ms + STALLED_MS)
    child.send(asked)
    const [answer] = await Promise.race([once(child, 'message', { signal }), once(child, 'exit', { signal })])
    clearTimeout(timer)
    told.abort()
    if (typeof answer !== 'object' || answer === null) throw new Error(`The load has ended with ${answer}`)
    const said = answer as FromLoad
    if ('failed' in said) throw new Error(said.failed)
    return said.done
  }
  return {
    async open(load) {
      await ask({ open: load })
    },
    run: (runMs) => ask({ runMs }, runMs),
    async close() {
      await ask({ close: true })
    },
    stop: () => void child.kill(),
  }
}
