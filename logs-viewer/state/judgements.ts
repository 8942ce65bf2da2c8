// What people have said of groups of errors: muted, resolved, or new again. Everybody who sees a group sees it.
import type { ErrorGroup, ErrorState } from '../query/wire.ts'
import { createStateFile } from './state-file.ts'

/** What one can say. That it is back is found out. */
export const SAYABLE_STATES = ['new', 'muted', 'resolved'] as const
export type SayableState = (typeof SAYABLE_STATES)[number]

export interface Judgement {
  readonly state: Exclude<SayableState, 'new'>
  readonly by: string
  /** ISO 8601 UTC. */
  readonly at: string
}

/** Remembered at most; the one that was said the longest ago is forgotten first, and its group is new again. */
const JUDGEMENTS_MAX = 10_000

export interface Judgements {
  of(fingerprint: string): Judgement | null
  say(fingerprint: string, state: SayableState, by: string): Promise<void>
}

export async function createJudgements(path: string | null, now: () => number): Promise<Judgements> {
  const known = new Map<string, Judgement>()
  const file = createStateFile(path, () => ({ judgements: Object.fromEntries(known) }))
  const before = await file.read()
  for (const [fingerprint, value] of Object.entries(before?.judgements ?? {})) {
    const { state, by, at } = value as Partial<Judgement>
    if ((state === 'muted' || state === 'resolved') && typeof by === 'string' && typeof at === 'string')
      known.set(fingerprint, { state, by, at })
  }
  return {
    of: (fingerprint) => known.get(fingerprint) ?? null,
    async say(fingerprint, state, by) {
      known.delete(fingerprint)
      if (state !== 'new') known.set(fingerprint, { state, by, at: new Date(now()).toISOString() })
      if (known.size > JUDGEMENTS_MAX) known.delete(known.keys().next().value!)
      await file.write()
    },
  }
}

/** A group as people see it. */
export function judge(group: ErrorGroup, judgement: Judgement | null): ErrorGroup {
  return judgement === null
    ? group
    : { ...group, state: stateAt(group.lastSeen, judgement), by: judgement.by, at: judgement.at }
}

/** What a group is when its newest record arrived then. Pure. */
export function stateAt(lastSeen: string, judgement: Judgement | null): ErrorState {
  if (judgement === null) return 'new'
  return judgement.state === 'resolved' && Date.parse(lastSeen) > Date.parse(judgement.at) ? 'back' : judgement.state
}
