// From a script's `ctx.log` to the frame of the browser that shows the record: a whole yard, with its sandbox, rsyslogd and log page.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Page } from 'playwright-core'
import { openBrowser } from '../../e2e/browser.ts'
import { ask } from '../../e2e/load.ts'
import { until } from '../../e2e/yard.ts'
import { createPushYard, type PushYard } from '../push/push-yard.ts'
import type { Section } from '../row.ts'
import type { Pace } from './main.ts'

const P50_MS = 50
const P99_MS = 250
/** Each answer of the script logs so many, so often. */
const PACES = [
  { perSecond: 20, atOnce: 1 },
  { perSecond: 50, atOnce: 10 },
] as const
const FOR_MS = { full: 60_000, quick: 5_000 }
/** What comes first warms everything up, and is not counted. */
const WARM_MS = 5_000
/** Until the last record must be there. */
const SHOWN_DEADLINE_MS = 30_000
const DEVELOPER = 'dev1'

/** Logs as many as it is asked for, each with its number and when that was. */
const LOGGING = `import type { SocketScript } from 'edgeyard'

let last = 0
export default {
  fetch(req, ctx) {
    for (let left = Number(req.query.get('count')); left > 0; left--) ctx.log.info(\`logged \${++last} at \${Date.now()}\`)
    return Response.json(last)
  },
} satisfies SocketScript<undefined>
`

export async function benchBrowser({ quick }: Pace, report: (section: Section) => void): Promise<void> {
  const yard = await createPushYard(1)
  try {
    await (await yard.yard.clone('socketserver', DEVELOPER)).ship({ 'src/main.ts': LOGGING })
    const browser = await openBrowser()
    try {
      // What the bench asks the page is text to evaluate, which the page's own policy forbids.
      const page = await browser.newPage({ viewport: { width: 1440, height: 900 }, bypassCSP: true })
      await openTail(yard, page)
      await stream(yard, PACES[0], WARM_MS)
      const forMs = quick ? FOR_MS.quick : FOR_MS.full
      for (const pace of PACES) report(await measure(yard, page, pace, forMs))
    } finally {
      await browser.close()
    }
  } finally {
    await yard.stop()
  }
}

async function openTail({ yard }: PushYard, page: Page): Promise<void> {
  const link = await yard.loginLink(DEVELOPER)
  await page.goto(link)
  await page.waitForSelector('.row.record')
  await page.goto(new URL(`/?developer=${DEVELOPER}&server=socketserver`, link).href)
  await page.waitForSelector('#status[data-state=live]')
}

async function measure(yard: PushYard, page: Page, pace: (typeof PACES)[number], forMs: number): Promise<Section> {
  const before = await stream(yard, pace, 0)
  await page.evaluate(watchRecords)
  const last = await stream(yard, pace, forMs)
  await until(
    `record ${last} is shown`,
    async () => await page.evaluate<boolean>(`shownAfterMs.get(${last}) >= 0`),
    SHOWN_DEADLINE_MS,
  )
  const shown = new Map(await page.evaluate<[number, number][]>(`stopWatching()`))
  const numbers = Array.from({ length: last - before }, (_, n) => before + 1 + n)
  const delays = numbers.flatMap((number) => shown.get(number) ?? []).sort((a, b) => a - b)
  const quantile = (share: number) => delays[Math.floor(delays.length * share)] ?? Number.NaN
  const note = `${delays.length} records`
  return {
    title: `ctx.log → the frame that shows it, ${pace.perSecond * pace.atOnce} records a second`,
    rows: [
      { title: 'p50', unit: 'ms', values: [quantile(0.5)], atMost: P50_MS, note },
      { title: 'p99', unit: 'ms', values: [quantile(0.99)], atMost: P99_MS },
      { title: 'never shown', unit: '', values: [numbers.length - delays.length], atMost: 0 },
    ],
  }
}

/** Asks the script for records; answers with the last one's number. */
async function stream({ yard }: PushYard, { perSecond, atOnce }: (typeof PACES)[number], forMs: number) {
  const { url } = await yard.sandbox('socketserver', DEVELOPER)
  const logging = `${url.replace('ws:', 'http:')}?count=${atOnce}`
  const begin = performance.now()
  let last = 0
  for (let due = begin; due <= begin + forMs; due += 1000 / perSecond) {
    await sleep(Math.max(0, due - performance.now()))
    const answer = await ask(logging)
    if ('failure' in answer) throw new Error(answer.why)
    last = JSON.parse(answer.body) as number
  }
  return last
}

/** Runs in the page: how old each record is when the frame that has it has been painted. */
const watchRecords = `(() => {
  const shown = (window.shownAfterMs = new Map())
  const look = (row) => {
    const found = /^logged (\\d+) at (\\d+)$/.exec(row.querySelector?.('.text')?.textContent ?? '')
    if (found === null || shown.has(Number(found[1]))) return
    shown.set(Number(found[1]), Number.NaN)
    const painted = new MessageChannel()
    painted.port1.onmessage = () => {
      shown.set(Number(found[1]), Date.now() - Number(found[2]))
      painted.port1.close()
    }
    requestAnimationFrame(() => painted.port2.postMessage(null))
  }
  const observer = new MutationObserver(() => document.querySelectorAll('.row.record').forEach(look))
  observer.observe(document.querySelector('.rows'), { childList: true, subtree: true, characterData: true })
  window.stopWatching = () => {
    observer.disconnect()
    return [...shown].filter(([, delay]) => !Number.isNaN(delay))
  }
})()`
