// A record for each call of a store that took long, with the request that waited for it.
import type { Logger } from '../log/logger.ts'

/** Whose call it is: a context, or anything else with the id of a request or socket. */
export interface Caller {
  readonly id: string
}

/** How much of a statement or key is shown. */
const TEXT_LENGTH_MAX = 1000

/** Called after each call; writes nothing for those that were quick enough. `describe` names what was asked, without its values. */
export type SlowCalls = (ms: number, caller: Caller, describe: () => Readonly<Record<string, string>>) => void

/** `store` names it for people, e.g. `MySQL at 127.0.0.1:3306`. 0 ms: never. */
export function createSlowCalls(store: string, slowMs: number, logger: Pick<Logger, 'write'> | undefined): SlowCalls {
  if (slowMs === 0 || logger === undefined) return () => {}
  return (ms, caller, describe) => {
    if (ms < slowMs) return
    const what = describe()
    const fields = Object.entries(what).map(([name, text]) => [name, text.slice(0, TEXT_LENGTH_MAX)])
    logger.write({
      severity: 'warn',
      request: caller.id,
      message: `${store} was slow: ${Math.round(ms)} ms`,
      fields: { ...Object.fromEntries(fields), ms: Math.round(ms) },
    })
  }
}
