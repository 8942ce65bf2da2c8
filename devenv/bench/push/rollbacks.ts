// From asking for the release before to its being live.
import { setTimeout as rest } from 'node:timers/promises'
import { callControl } from '../../control/call.ts'
import { yardLayout } from '../../sandbox/layout.ts'
import type { Section } from '../row.ts'
import type { Pace } from './main.ts'
import type { PushYard } from './push-yard.ts'

const ROLLBACK_MS = 250
/** Nobody rolls back the moment that something went live: what is written behind a switch has been written by then. */
const REST_MS = 1_500

export async function benchRollbacks(yard: PushYard, { pushes }: Pace): Promise<Section> {
  const developer = yard.names[0]!
  const { control } = yardLayout(yard.yard.root)
  const took = { daemon: [] as number[], ssh: [] as number[] }
  for (let n = 0; n < pushes; n++) {
    await rest(REST_MS)
    const asked = performance.now()
    await callControl(control, 'rollback', { server: 'socketserver', developer, release: null })
    took.daemon.push(performance.now() - asked)
    await rest(REST_MS)
    const begun = performance.now()
    const { exitCode, output } = await yard.ssh('rollback', 'socketserver')
    if (exitCode !== 0) throw new Error(output)
    took.ssh.push(performance.now() - begun)
  }
  return {
    title: 'A rollback → the release before is live',
    rows: [
      { title: 'asked of the daemon', unit: 'ms', values: took.daemon, atMost: ROLLBACK_MS },
      { title: 'ssh HOST rollback', unit: 'ms', values: took.ssh },
    ],
  }
}
