// `npm run bench:logs`: what the way of a record costs, from the script's call to the page, and what a question costs.
import { barsOf, renderSection, type Section, withoutBars } from '../row.ts'
import { runBench } from '../run-bench.ts'

/** How much is measured. */
export interface Pace {
  /** In the log files that are searched. */
  readonly records: number
  readonly rounds: number
  readonly quick: boolean
}

const FULL: Pace = { records: 5_000_000, rounds: 7, quick: false }
const QUICK: Pace = { records: 250_000, rounds: 3, quick: true }

export type Job = (pace: Pace, report: (section: Section) => void) => Promise<void>

const JOBS: Readonly<Record<string, Job>> = {
  sender: async (...args) => (await import('./job-sender.ts')).benchSender(...args),
  ingest: async (...args) => (await import('./job-ingest.ts')).benchIngest(...args),
  browser: async (...args) => (await import('./job-browser.ts')).benchBrowser(...args),
  page: async (...args) => (await import('./job-page.ts')).benchPage(...args),
  store: async (...args) => (await import('./job-store.ts')).benchStore(...args),
  viewer: async (...args) => (await import('./job-viewer.ts')).benchViewer(...args),
}

/** The bars that speak of an hour and of 20 million records, as they are written. */
const LONG_JOBS: Readonly<Record<string, Job>> = {
  'page-hour': async (...args) => (await import('./job-page.ts')).benchPageHour(...args),
  'store-20m': async (pace, report) => {
    const { benchStore, RIPGREP } = await import('./job-store.ts')
    // The other bars are those of 5 million.
    const judged = (section: Section) => report(section.title === RIPGREP ? section : withoutBars(section))
    await benchStore({ ...pace, records: 20_000_000 }, judged)
  },
}

const USAGE = `Usage: npm run bench:logs -- [NAME...] [--quick] [--json FILE]

Measures the way of a record, from the script's call to the page, and what it costs to ask for it.
Exits with 1 when a bar is missed, with 2 when something is not understood.

  sender     a server that logs 80,000 records a second to a real rsyslogd: its CPU for each, the lag of its event loop and how
             much of it is a wait for a processor, what is lost, beside winston-syslog as it comes
  ingest     how many records a second go through rsyslogd into files, and are found by the store beside it; what of it is lost,
             the CPU of both for each
  browser    a whole yard: from a script's ctx.log to the frame of Chromium that shows the record, 20 and 500 a second
  page       the log page in Chromium: size, first records, frames a second while scrolling and following, memory over the records of an hour
  store      5 million records of 40 developers: from the file to searchable, every question beside ripgrep on the same files,
             bytes on disk, memory
  viewer     the memory of the log page's process: idle, while closed days become Parquet, while it is asked, and with 20 tails of
             5,000 records a second

Only when they are named, because of what they take:
  page-hour  memory of the log page over an hour of 500 records a second
  store-20m  as store, of 20 million records: 12 GB of disk; judged against ripgrep alone

  --quick      fewer of everything: a few minutes for all
  --json FILE  writes the figures, with the machine and the date
  --help       prints this
`

await runBench({
  usage: USAGE,
  jobs: JOBS,
  longJobs: LONG_JOBS,
  paces: { full: FULL, quick: QUICK },
  render: renderSection,
  barsOf,
})
