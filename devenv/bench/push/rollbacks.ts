// From asking for the release before to its being live.
import { setTimeout as rest } from 'node:timers/promises'
import { callControl } from '../../control/call.ts'
import { yardLayout } from '../../sandbox/layout.ts'
import type { Section } from '../row.ts'
import type { Pace } from './main.ts'
import type { PushYard } from './push-yard.ts'
import { REST_MS } from './pushes.ts'

const ROLLBACK_MS = 250
/** Who asks again before there is a spare process; what is written behind a switch has been written by then. */
const SHORT_REST_MS = 1_500

export async function benchRollbacks(yard: PushYard, { pushes }: Pace): Promise<Section> {
  const developer = yard.names[0]!
  const { control } = yardLayout(yard.yard.root)
  const took = { daemon: [] as number[], again: [] as number[], ssh: [] as number[] }
  const timed = async (values: number[], restMs: number, ask: () => Promise<unknown>) => {
    await rest(restMs)
    const asked = performance.now()
    await ask()
    values.push(performance.now() - asked)
  }
  const askDaemon = () => callControl(control, 'rollback', { server: 'socketserver', developer, release: null })
  const askOverSsh = async () => {
    const { exitCode, output } = await yard.ssh('rollback', 'socketserver')
    if (exitCode !== 0) throw new Error(output)
  }
  for (let n = 0; n < pushes; n++) {
    await timed(took.daemon, REST_MS, askDaemon)
    await timed(took.again, SHORT_REST_MS, askDaemon)
    await timed(took.ssh, REST_MS, askOverSsh)
  }
  return {
    title: 'A rollback → the release before is live',
    rows: [
      { title: 'asked of the daemon', unit: 'ms', values: took.daemon, atMost: ROLLBACK_MS },
      { title: 'the same, right after another', unit: 'ms', values: took.again },
      { title: 'ssh HOST rollback', unit: 'ms', values: took.ssh },
    ],
  }
}
