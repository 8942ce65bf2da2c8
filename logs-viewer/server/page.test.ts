import assert from 'node:assert/strict'
import { type Browser, chromium, type Page } from 'playwright-core'
import { createYardFixture, type YardFixture } from '../store/yard.fixture.ts'
import { createViewer, type Viewer } from './create-viewer.ts'

const CHROMIUM = '/usr/bin/chromium'
const ARGS =
  '--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync'

const at = (ms: number) => new Date(Date.UTC(2026, 10, 20, 12) + ms).toISOString()
const STACK =
  'TypeError: no x\n    at move (src/lobby.ts:48:31)\n    at message (src/main.ts:12:7)\n    at dispatch (node:internal/x:1:1)'

describe('the page', () => {
  let browser: Browser
  let yard: YardFixture
  let viewer: Viewer
  let page: Page
  let complaints: string[]
  before(async () => {
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ARGS.split(' ') })
  })
  after(() => browser?.close())
  beforeEach(async () => {
    yard = createYardFixture()
    viewer = await createViewer({ root: yard.root, host: '127.0.0.1', port: 0 })
    page = await browser.newPage({ viewport: { width: 1000, height: 500 } })
    complaints = []
    page.on('pageerror', ({ message }) => complaints.push(message))
    page.on('console', (line) => complaints.push(line.text()))
  })
  afterEach(async () => {
    await page.close()
    await viewer.close()
    yard.remove()
    assert.deepEqual(complaints, [])
  })

  const open = async (query = '') => {
    await page.goto(`http://127.0.0.1:${viewer.port}/${query}`)
    await page.waitForSelector('#status[data-state=live]')
    await page.waitForSelector('#records li, #empty:not([hidden])')
  }
  const until = async (holds: () => Promise<boolean>) => {
    const deadline = AbortSignal.timeout(10_000)
    while (!(await holds())) assert.ok(!deadline.aborted, `gave up waiting for ${holds}`)
  }
  const messages = () => page.locator('.message').allTextContents()
  const putMany = (count: number, from = 0) => {
    for (let i = from; i < from + count; i++)
      yard.put('socketserver', 'dev1', at(i), { message: `record ${i}`, seq: i + 1 })
  }
  const distanceFromBottom = () =>
    page.locator('#scroller').evaluate((main) => main.scrollHeight - main.scrollTop - main.clientHeight)

  it('says what to do when there is nothing, and shows the first record when it comes', async () => {
    await open()
    assert.match((await page.locator('#empty').textContent())!, /No records yet.*ctx\.log\.info/s)
    yard.put('socketserver', 'dev1', at(0), { message: 'hello' })
    await page.waitForSelector('.record')
    assert.deepEqual(await messages(), ['hello'])
    assert.ok(await page.locator('#empty').isHidden())
  })

  it('shows a thrown error within a second, with its TypeScript line, and its stack under it', async () => {
    await open()
    const shown = page.waitForSelector('.record[data-severity=error]', { timeout: 1000 })
    yard.put('socketserver', 'dev1', at(0), { severity: 'error', message: 'no x', stack: STACK, request: 'r1' })
    await shown
    assert.deepEqual(await messages(), ['no x src/lobby.ts:48:31'])
    // By keyboard, as by mouse.
    await page.locator('.record summary').focus()
    await page.keyboard.press('Enter')
    await page.waitForSelector('.stack')
    assert.equal((await page.locator('.stack').textContent())!.trim(), STACK)
    assert.deepEqual(await page.locator('.stack .own').allTextContents(), [
      '    at move (src/lobby.ts:48:31)',
      '    at message (src/main.ts:12:7)',
    ])
  })

  it('shows text as text, and what would be invisible', async () => {
    yard.put('socketserver', 'dev1', at(0), { message: '<b>\x1b[31m\n\u202ex\t</b><script>alert(1)</script>' })
    await open()
    assert.deepEqual(await messages(), ['<b>\\x1b[31m\\n\\u202ex\t</b><script>alert(1)</script>'])
    assert.equal(await page.locator('.message script, .message b').count(), 0)
  })

  it('keeps the filter in the address, there and back', async () => {
    yard.put('socketserver', 'dev1', at(0), { message: 'one' })
    yard.put('redis', 'dev2', at(1), { message: 'two', severity: 'error' })
    await open()
    assert.deepEqual(await messages(), ['one', 'two'])
    await page.selectOption('[name=severity]', 'error')
    await until(async () => (await page.locator('.record').count()) === 1)
    assert.equal(new URL(page.url()).search, '?severity=error')
    await page.goBack()
    await until(async () => (await page.locator('.record').count()) === 2)
    await open('?developer=dev1&text=ONE')
    assert.deepEqual(await messages(), ['one'])
    assert.equal(await page.inputValue('[name=developer]'), 'dev1')
    yard.put('redis', 'dev2', at(2), { message: 'hidden one' })
    yard.put('socketserver', 'dev1', at(3), { message: 'another one' })
    await until(async () => (await page.locator('.record').count()) === 2)
    assert.deepEqual(await messages(), ['one', 'another one'])
  })

  it('follows the newest record, and stays where somebody reads', async () => {
    putMany(100)
    await open()
    assert.ok((await distanceFromBottom()) < 2)
    putMany(20, 100)
    await page.waitForSelector('text=record 119')
    assert.ok((await distanceFromBottom()) < 2)
    await page.locator('#scroller').evaluate((main) => main.scrollTo(0, 600))
    await page.waitForSelector('#follow:not([hidden])')
    const first = () => page.locator('#scroller').evaluate((main) => main.scrollTop)
    const before = await first()
    putMany(30, 120)
    await until(async () => (await page.locator('#follow').textContent()) === '30 new ↓')
    assert.equal(await first(), before)
    await page.click('#follow')
    assert.ok((await distanceFromBottom()) < 2)
    assert.ok(await page.locator('#follow').isHidden())
  })

  it('stays at a stack that somebody has opened at the bottom', async () => {
    putMany(50)
    yard.put('socketserver', 'dev1', at(50), { severity: 'error', message: 'last', stack: STACK })
    await open()
    await page.locator('.record summary').click()
    await page.waitForSelector('.stack')
    const top = () => page.locator('#scroller').evaluate((main) => main.scrollTop)
    const before = await top()
    assert.ok(before > 0)
    putMany(10, 51)
    await until(async () => (await page.locator('#follow').textContent()) === '10 new ↓')
    assert.equal(await top(), before)
    assert.ok(await page.locator('.stack').isVisible())
  })

  it('goes back to older records without losing the place', async () => {
    putMany(450)
    await open()
    assert.equal(await page.locator('.record').count(), 200)
    const top = () => page.locator('text="record 250"').evaluate((row) => row.getBoundingClientRect().top)
    await page.locator('#scroller').evaluate((main) => main.scrollTo(0, 0))
    await until(async () => (await page.locator('.record').count()) >= 400)
    assert.ok((await top()) > 0, 'the row that was on top is still in view')
    await page.locator('#scroller').evaluate((main) => main.scrollTo(0, 0))
    await until(async () => (await page.locator('.record').count()) === 450)
    assert.deepEqual(
      await messages(),
      Array.from({ length: 450 }, (_, i) => `record ${i}`),
    )
    assert.equal(await page.locator('.day').count(), 1)
    assert.ok(await page.locator('#beginning').isVisible())
  })

  it('resumes after the viewer was away, and shows each record once', async () => {
    putMany(3)
    await open()
    const { port } = viewer
    await viewer.close()
    await page.waitForSelector('#status[data-state=waiting]')
    putMany(3, 3)
    viewer = await createViewer({ root: yard.root, host: '127.0.0.1', port })
    await page.waitForSelector('text=record 5')
    assert.deepEqual(
      await messages(),
      Array.from({ length: 6 }, (_, i) => `record ${i}`),
    )
    complaints = complaints.filter((text) => !text.includes('ERR_'))
  })

  it('shows where records were lost, unless the filter hides some', async () => {
    for (const seq of [1, 2, 5]) yard.put('socketserver', 'dev1', at(seq), { message: `record ${seq}`, seq })
    for (const seq of [1, 2, 3]) yard.put('socketserver', 'dev1', at(10 + seq), { message: `restarted ${seq}`, seq })
    await open()
    assert.deepEqual(await page.locator('.skipped').allTextContents(), [
      '2 records are missing here: dev1 socketserver wrote more than was stored',
    ])
    assert.match((await page.locator('.skipped + .record').textContent())!, /record 5/)
    for (const seq of [6, 4, 7]) yard.put('socketserver', 'dev1', at(14 + seq), { message: 'both go on', seq })
    yard.put('socketserver', 'dev1', at(30), { message: 'live', seq: 9 })
    await until(async () => (await page.locator('.skipped').count()) === 2)
    await open('?text=record')
    assert.equal(await page.locator('.skipped').count(), 0)
  })

  it('fits a phone', async () => {
    await page.setViewportSize({ width: 360, height: 640 })
    yard.put('socketserver', 'dev1', at(0), { severity: 'error', message: 'x'.repeat(300), stack: STACK })
    await open()
    await page.locator('.record summary').click()
    await page.waitForSelector('.stack')
    assert.ok(await page.evaluate('document.documentElement.scrollWidth <= innerWidth'))
    const main = page.locator('#scroller')
    assert.ok(await main.evaluate(({ scrollWidth, clientWidth }) => scrollWidth <= clientWidth))
  })
})
