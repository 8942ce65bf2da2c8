// A collection of all garbage, now. Node gives it only to who asks V8.
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** Takes tens of milliseconds for a large heap. */
export function collectGarbage(): void {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  setFlagsFromString('--no-expose-gc')
  collect()
}
