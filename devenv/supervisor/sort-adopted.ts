// What becomes of the processes that a daemon before us left of one sandbox.
import { DRAIN_MARGIN_MS } from './draining.ts'
import type { KeptProcess } from './processes.ts'

export interface SortedAdopted<Kept> {
  /** The newest that was live: it goes on. */
  readonly live: Kept | null
  /** A candidate of a daemon that died may listen already: it drains like the rest. `ms`: what is left of its time. */
  readonly draining: readonly { readonly process: Kept; readonly ms: number }[]
}

/** `now`: of the clock that run files are written with. */
export function sortAdopted<Kept extends Pick<KeptProcess, 'run'>>(
  adopted: readonly Kept[],
  now: number,
): SortedAdopted<Kept> {
  const [live = null, ...older] = adopted
    .filter(({ run }) => run.role === 'live')
    .sort((a, b) => b.run.startedMs - a.run.startedMs)
  const rest = [...older, ...adopted.filter(({ run }) => run.role !== 'live')]
  return { live, draining: rest.map((process) => ({ process, ms: timeLeft(process, now) })) }
}

function timeLeft({ run }: Pick<KeptProcess, 'run'>, now: number): number {
  return run.killMs === null ? DRAIN_MARGIN_MS : Math.max(0, run.killMs - now)
}
