// What a process that serves says on its channel: that it should be replaced before its memory ends it, or that nobody uses it.
import { type FromServer, parseFromServer } from '../../servers/contract/channel.ts'
import type { KeptProcess } from './processes.ts'

/** A script that fills its memory faster than this is ended by its hard limit, and counts as one that crashes. */
const REPLACE_EVERY_MS = 30_000

export interface ServingEvents {
  replace(process: KeptProcess): Promise<unknown>
  idle(process: KeptProcess): Promise<unknown>
  letGo(process: KeptProcess): void
}

/**
 * Listens to one process after the other. One that was adopted has nobody to say it to: its hard limit is all it has, and it
 * stays awake until it is replaced.
 */
export function createServingHearing({ replace, idle, letGo }: ServingEvents) {
  let replacedAt = Number.NEGATIVE_INFINITY
  return async (process: KeptProcess): Promise<void> => {
    for (;;) {
      const line = await process.channel?.next().catch(() => null)
      if (line === null || line === undefined) return
      const type = typeOf(line)
      if (type === 'let-go') letGo(process)
      // Not waited for: what is done about it waits for the process to let go of its port.
      if (type === 'idle') void idle(process)
      if (type !== 'replace' || performance.now() - replacedAt < REPLACE_EVERY_MS) continue
      replacedAt = performance.now()
      void replace(process)
    }
  }
}

function typeOf(line: string): FromServer['type'] | null {
  try {
    return parseFromServer(line).type
  } catch {
    // It serves: what it says out of turn harms nobody.
    return null
  }
}
