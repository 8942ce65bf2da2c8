// A daemon that has nothing to do is small: V8 gives memory back by itself only long after a burst of pushes.
import { getHeapStatistics, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** Below this a collection would free less than it costs. */
const WORTH_BYTES = 24 * 2 ** 20

/** Collects what nobody needs, if V8 holds much more than is in use. Stops everything for some 30 ms. */
export function giveMemoryBack(): void {
  // Of V8 alone: process.memoryUsage() opens a file of /proc too, and throws when no more can be opened.
  const { total_heap_size: heapTotal, used_heap_size: heapUsed, external_memory: external } = getHeapStatistics()
  if (heapTotal + external < WORTH_BYTES && heapTotal - heapUsed < WORTH_BYTES / 2) return
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  setFlagsFromString('--no-expose-gc')
  // The first empties the space of new objects, the second gives it back.
  collect()
  collect()
}
