// The load: a child of the bench. Opens what it is told, runs waves for a while, closes.
import type { FromLoad, ToLoad } from './load.ts'
import { type Opened, openLoad } from './waves.ts'

/** Waves before the measured ones: the first of a connection are slower. */
const WARM_WAVES = 3

/** The last is the one that runs; the others are kept until all are closed. */
const opened: Opened[] = []

process.on('message', (asked: ToLoad) => {
  obey(asked).then(
    (done) => process.send!({ done } satisfies FromLoad),
    (error: unknown) => process.send!({ failed: String(error) } satisfies FromLoad),
  )
})
process.on('disconnect', () => process.exit())

async function obey(asked: ToLoad): Promise<number> {
  if ('open' in asked) {
    const load = await openLoad(asked.open)
    opened.push(load)
    for (let n = 0; n < WARM_WAVES; n++) await load.wave()
    return 0
  }
  if ('close' in asked) {
    for (const load of opened.splice(0)) load.close()
    return 0
  }
  const until = performance.now() + asked.runMs
  let operations = 0
  do operations += await opened.at(-1)!.wave()
  while (performance.now() < until)
  return operations
}
