// What the log page costs a browser: its size, the first records, frames while somebody scrolls or follows a stream, and what stays in
// memory of a long one. The server is the one of the page's tests, so that only the page is measured.
import { setTimeout as sleep } from 'node:timers/promises'
import type { CDPSession, Page } from 'playwright-core'
import { PageServer } from '../../../logs-viewer/web/page-server.fixture.ts'
import { openBrowser } from '../../e2e/browser.ts'
import type { Section } from '../row.ts'
import type { Pace } from './main.ts'

const PACKED_BYTES_MAX = 60_000
const FIRST_RECORDS_MS = 150
const FRAMES_MIN = 58
const SHOWN_P50_MS = 50
const SHOWN_P99_MS = 250
const GROWTH_MIB_MAX = 2

/** In the page at most. */
const RECORDS = 5000

/** A stream of so many a second, some at a time. */
const STREAM_PER_S = 500
const STREAM_EVERY_MS = 20

/** What is looked at for growth, after a time in which everything has been used once: as many records as an hour of the stream has. */
const WARM_MS = 20_000
const GROWTH = {
  full: { perSecond: 6 * STREAM_PER_S, forMs: 10 * 60_000 },
  quick: { perSecond: 6 * STREAM_PER_S, forMs: 15_000 },
}
const HOUR = { perSecond: STREAM_PER_S, forMs: 60 * 60_000 }
const FRAMES_MS = { full: 10_000, quick: 3000 }

export async function benchPage({ rounds, quick }: Pace, report: (section: Section) => void): Promise<void> {
  await withPage(async (server, page) => {
    report({ title: 'The page: loading', rows: await measureLoading(server, page, rounds) })
    report({
      title: 'The page: frames',
      rows: await measureFrames(server, page, quick ? FRAMES_MS.quick : FRAMES_MS.full),
    })
    report(await measureGrowth(server, page, quick ? GROWTH.quick : GROWTH.full))
  })
}

export async function benchPageHour(_pace: Pace, report: (section: Section) => void): Promise<void> {
  await withPage(async (server, page) => report(await measureGrowth(server, page, HOUR)))
}

async function withPage(measure: (server: PageServer, page: Page) => Promise<void>): Promise<void> {
  const server = await new PageServer().listen()
  const browser = await openBrowser()
  try {
    // What the bench asks the page is text to evaluate, which the page's own policy forbids.
    await measure(server, await browser.newPage({ viewport: { width: 1440, height: 900 }, bypassCSP: true }))
  } finally {
    await browser.close()
    await server.close()
  }
}

async function measureLoading(server: PageServer, page: Page, rounds: number): Promise<Section['rows']> {
  server.history = { count: 1_000_000, endMs: Date.now(), stepMs: 864 }
  const firsts: number[] = []
  let packed = 0
  page.on('response', async (response) => {
    if (new URL(response.url()).pathname.startsWith('/api/')) return
    packed += (await response.request().sizes()).responseBodySize
  })
  await page.addInitScript(markFirst)
  // The first load fills the browser's caches, and is not counted.
  for (let round = 0; round <= rounds; round++) {
    await page.goto(server.url)
    await page.waitForFunction(`document.querySelector('log-records')?.feed?.items.size >= 200`)
    await page.waitForFunction(`performance.getEntriesByName('first-records').length > 0`)
    const first = await page.evaluate<number>(`performance.getEntriesByName('first-records')[0].startTime`)
    if (round > 0) firsts.push(first)
    // What comes later is what the browser has kept.
    else page.removeAllListeners('response')
  }
  return [
    {
      title: 'everything that is loaded, packed',
      unit: 'B',
      values: [packed],
      atMost: PACKED_BYTES_MAX,
    },
    {
      title: 'address → first 200 records drawn',
      unit: 'ms',
      values: firsts,
      atMost: FIRST_RECORDS_MS,
      judged: 'best',
    },
  ]
}

async function measureFrames(server: PageServer, page: Page, forMs: number): Promise<Section['rows']> {
  server.reset()
  await openFull(server, page)
  const scrolled = await page.evaluate<number>(`(${countFrames})(${forMs}, document.querySelector('.scroller'))`)
  await page.keyboard.press('f')
  const stream = startStream(server)
  const shown = page.evaluate<number[]>(`(${watchArrivals})(${forMs})`)
  const followed = await page.evaluate<number>(`(${countFrames})(${forMs}, null)`)
  const delays = (await shown).sort((a, b) => a - b)
  stream.stop()
  const quantile = (share: number) => delays[Math.floor(delays.length * share)] ?? Number.NaN
  return [
    { title: `scrolling through ${RECORDS} records`, unit: '/s', values: [scrolled], atLeast: FRAMES_MIN },
    { title: `a stream of ${STREAM_PER_S} a second`, unit: '/s', values: [followed], atLeast: FRAMES_MIN },
    { title: 'a record of it: sent → shown, p50', unit: 'ms', values: [quantile(0.5)], atMost: SHOWN_P50_MS },
    { title: 'a record of it: sent → shown, p99', unit: 'ms', values: [quantile(0.99)], atMost: SHOWN_P99_MS },
  ]
}

async function measureGrowth(server: PageServer, page: Page, { perSecond, forMs }: typeof HOUR): Promise<Section> {
  server.reset()
  await openFull(server, page)
  const session = await page.context().newCDPSession(page)
  const stream = startStream(server, perSecond)
  await sleep(WARM_MS)
  const before = await readMemory(session)
  await sleep(forMs)
  const after = await readMemory(session)
  stream.stop()
  const note = `${perSecond} records a second for ${forMs / 60_000} min, ${stream.sent} in all`
  return {
    title: 'The page: memory',
    rows: [
      { title: 'heap', unit: 'MiB', values: [before.heapMiB, after.heapMiB], note },
      { title: 'heap, grown by', unit: 'MiB', values: [after.heapMiB - before.heapMiB], atMost: GROWTH_MIB_MAX },
      { title: 'nodes of the document, at the end', unit: '', values: [after.nodes] },
    ],
  }
}

/** As full as the page gets. */
async function openFull(server: PageServer, page: Page): Promise<void> {
  await page.goto(server.url)
  await page.waitForSelector('#status[data-state=live]')
  server.push(
    ...Array.from({ length: RECORDS }, (_, n) => ({ message: `Order ${n} accepted`, fields: { price: n % 90 } })),
  )
  await page.waitForFunction(`document.querySelector('log-records').feed.items.size === ${RECORDS}`)
}

function startStream(server: PageServer, perSecond = STREAM_PER_S): { readonly sent: number; stop(): void } {
  let n = 0
  const timer = setInterval(() => {
    const batch = Array.from({ length: (perSecond * STREAM_EVERY_MS) / 1000 }, () => ({
      message: `Player ${n++} joined at ${Date.now()}`,
      fields: { room: { id: n % 40 } },
    }))
    server.push(...batch)
    server.forget(2 * RECORDS)
  }, STREAM_EVERY_MS)
  return {
    get sent() {
      return n
    },
    stop: () => clearInterval(timer),
  }
}

async function readMemory(session: CDPSession): Promise<{ heapMiB: number; nodes: number }> {
  await session.send('HeapProfiler.collectGarbage')
  const { usedSize } = await session.send('Runtime.getHeapUsage')
  const { nodes } = await session.send('Memory.getDOMCounters')
  return { heapMiB: usedSize / 2 ** 20, nodes }
}

/** Runs in the page: marks the frame after the one that has the first records. */
const markFirst = `new MutationObserver((_changes, observer) => {
  if (document.querySelector('.row.record') === null) return
  observer.disconnect()
  requestAnimationFrame(() => performance.mark('first-records'))
}).observe(document, { childList: true, subtree: true })`

/** Runs in the page: frames a second, while it scrolls up and down. */
const countFrames = `(forMs, scroller) => new Promise((resolve) => {
  let frames = 0
  let step = -90
  let begin
  const frame = (now) => {
    begin ??= now
    if (scroller !== null) {
      if (scroller.scrollTop < 1000) step = 90
      if (scroller.scrollTop > scroller.scrollHeight - scroller.clientHeight - 1000 && frames > 60) step = -90
      scroller.scrollTop += step
    }
    if (now - begin >= forMs) resolve((frames * 1000) / (now - begin))
    else { frames++; requestAnimationFrame(frame) }
  }
  requestAnimationFrame(frame)
})`

/** Runs in the page: how old the newest record is at each frame that shows another. */
const watchArrivals = `(forMs) => new Promise((resolve) => {
  const delays = []
  const rows = document.querySelector('.rows')
  let last = ''
  const observer = new MutationObserver(() => {
    const text = rows.lastElementChild?.querySelector('.text')?.textContent ?? ''
    const sent = /joined at (\\d+)/.exec(text)
    if (sent === null || text === last) return
    last = text
    delays.push(Date.now() - Number(sent[1]))
  })
  observer.observe(rows, { childList: true })
  setTimeout(() => { observer.disconnect(); resolve(delays) }, forMs)
})`
