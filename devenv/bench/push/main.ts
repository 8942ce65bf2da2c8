// `npm run bench:push`: what a push costs, from `git push` to the new release's answer, and what clients notice of it.
import { barsOf, renderSection, type Section } from '../row.ts'
import { runBench } from '../run-bench.ts'

/** How much is measured. */
export interface Pace {
  readonly pushes: number
  /** How often many push at once. */
  readonly rounds: number
  readonly switches: number
  readonly quick: boolean
}

const FULL: Pace = { pushes: 15, rounds: 3, switches: 200, quick: false }
const QUICK: Pace = { pushes: 3, rounds: 1, switches: 10, quick: true }

export type Job = (pace: Pace, report: (section: Section) => void) => Promise<void>

const JOBS: Readonly<Record<string, Job>> = {
  pushes: async (...args) => (await import('./job-pushes.ts')).benchPushes(...args),
  sleep: async (...args) => (await import('./job-sleep.ts')).benchSleep(...args),
  switches: async (...args) => (await import('./job-switches.ts')).benchSwitches(...args),
}

const USAGE = `Usage: npm run bench:push -- [NAME...] [--quick] [--json FILE]

Measures from git push to the first answer of the new release, and what clients notice of it.
Exits with 1 when a bar is missed, with 2 when something is not understood.

  pushes     over fresh ssh, kept-open ssh and a local path, 1 and 3,000 files, 1, 10 and 20 developers at once, beside a
             classic post-receive script that does the same work; and where the time goes
  sleep      waking a sandbox that sleeps; memory of the daemon with 4 developers, and with 500 sandboxes that sleep
  switches   200 switches under 32 HTTP clients on kept connections, 32 on new ones, and 200 WebSockets

  --quick      fewer of everything: a few minutes for all
  --json FILE  writes the figures, with the machine and the date
  --help       prints this
`

await runBench({ usage: USAGE, jobs: JOBS, paces: { full: FULL, quick: QUICK }, render: renderSection, barsOf })
