// One browser for all tests of the page, and a page of it for each.
import assert from 'node:assert/strict'
import type { Browser, Page } from 'playwright-core'
import { openBrowser } from '../../devenv/e2e/browser.ts'
import { PageServer } from './page-server.fixture.ts'

const GIVE_UP_MS = 20_000

export interface PageFixture {
  readonly server: PageServer
  readonly page: Page
  /** Opens an address, and waits until it shows something. */
  open(query?: string): Promise<void>
  messages(): Promise<string[]>
  until(holds: () => Promise<boolean> | boolean): Promise<void>
  /** What the browser says to its console, beside what a test expects. */
  complaints: string[]
}

/** Call it in a `describe`. What the page complains of fails the test. */
export function usePage(size = { width: 1100, height: 600 }): PageFixture {
  let browser: Browser
  let page: Page
  const server = new PageServer()
  const fixture: PageFixture = {
    server,
    get page() {
      return page
    },
    complaints: [],
    async open(query = '') {
      await page.goto(`${server.url}${query}`)
      await page.waitForSelector('.record, #empty, .group')
    },
    messages: () => page.locator('.row .message .text').allTextContents(),
    async until(holds) {
      const deadline = AbortSignal.timeout(GIVE_UP_MS)
      while (!(await holds())) {
        assert.ok(!deadline.aborted, `gave up waiting for ${holds}`)
        // What it waits for may come from this very process.
        await new Promise(setImmediate)
      }
    },
  }
  before(async () => {
    browser = await openBrowser()
    await server.listen()
  })
  after(async () => {
    await browser?.close()
    await server.close()
  })
  beforeEach(async () => {
    server.reset()
    fixture.complaints = []
    page = await browser.newPage({ viewport: size })
    page.on('pageerror', ({ message }) => fixture.complaints.push(message))
    page.on('console', (line) => fixture.complaints.push(line.text()))
  })
  afterEach(async () => {
    await page.close()
    assert.deepEqual(fixture.complaints, [])
  })
  return fixture
}
