// A process that serves says nothing on its channel but that it should be replaced, before its memory ends it.
import { parseFromServer } from '../../servers/contract/channel.ts'
import type { KeptProcess } from './processes.ts'

/** A script that fills its memory faster than this is ended by its hard limit, and counts as one that crashes. */
const REPLACE_EVERY_MS = 30_000

/** Listens to one process after the other. One that was adopted has nobody to say it to: its hard limit is all it has. */
export function createReplacementHearing(replace: (process: KeptProcess) => Promise<unknown>) {
  let replacedAt = Number.NEGATIVE_INFINITY
  return async (process: KeptProcess): Promise<void> => {
    for (;;) {
      const line = await process.channel?.next().catch(() => null)
      if (line === null || line === undefined) return
      if (!asksReplacement(line) || Date.now() - replacedAt < REPLACE_EVERY_MS) continue
      replacedAt = Date.now()
      await replace(process)
    }
  }
}

function asksReplacement(line: string): boolean {
  try {
    return parseFromServer(line).type === 'replace'
  } catch {
    // It serves: what it says out of turn harms nobody.
    return false
  }
}
