// What is told of a service that is not, or lately was not, as it should be. Pure.
import { STEADY_AFTER_MS } from '../sandbox/restart-policy.ts'

export interface Fallen {
  readonly how: 'died' | 'hung'
  /** By the clock that nobody sets. */
  readonly atMs: number
}

interface ServiceFacts {
  readonly runs: boolean
  readonly wanted: boolean
  /** It hangs, and has been told to end. */
  readonly ending: boolean
  /** When one of it last ended that should not have. */
  readonly fallen: Fallen | null
  /** Checks in a row that it has not answered. */
  readonly missed: number
  /** Ends in a row that nobody asked for. */
  readonly crashes: number
  readonly nextInMs: number | null
  readonly nowMs: number
}

/** Null when all is well, and has been for as long as it takes to stand. */
export function describeTrouble({ runs, wanted, ending, fallen, missed, ...facts }: ServiceFacts): string | null {
  const { crashes, nextInMs, nowMs } = facts
  if (ending) return 'hangs, and is being ended'
  if (runs && missed > 0) return missed === 1 ? 'did not answer when it was asked' : `did not answer ${missed} times`
  if (fallen === null) return null
  const fell = crashes > 1 ? `${fallen.how} ${crashes} times in a row` : fallen.how
  const agoMs = nowMs - fallen.atMs
  if (runs) return agoMs < STEADY_AFTER_MS ? `${fell}, and was started again ${Math.floor(agoMs / 1000)} s ago` : null
  if (!wanted) return null
  return nextInMs === null ? `${fell}, and is being started` : `${fell}, next try in ${Math.ceil(nextInMs / 1000)} s`
}
