import assert from 'node:assert/strict'
import { usePage } from './page.fixture.ts'
import { recordAt, STACK } from './page-records.fixture.ts'

describe('the list of records', () => {
  const fixture = usePage()
  const { server, open, messages, until } = fixture
  const scroller = () => fixture.page.locator('.scroller')
  const fromBottom = () => scroller().evaluate((box) => box.scrollHeight - box.scrollTop - box.clientHeight)
  const many = (count: number, from = 0) =>
    server.push(...Array.from({ length: count }, (_, i) => ({ message: `record ${from + i}` })))
  /** Where a record is on the screen. */
  const topOf = (text: string) =>
    fixture.page.getByText(text, { exact: true }).evaluate((box) => box.getBoundingClientRect().top)
  const wheel = async (by: number) => {
    await scroller().hover()
    await fixture.page.mouse.wheel(0, by)
  }

  it('says what to do when there is nothing, and shows the first record when it comes', async () => {
    await open()
    assert.match((await fixture.page.locator('#empty').textContent())!, /No records yet.*ctx\.log\.info/s)
    await until(() => server.tails === 1)
    server.push({ message: 'hello' })
    await fixture.page.waitForSelector('.record')
    assert.deepEqual(await messages(), ['hello'])
    assert.equal(await fixture.page.locator('#empty').count(), 0)
    assert.equal(await fixture.page.locator('#status').textContent(), 'Live')
  })

  it('shows an error with its TypeScript line, and under it the stack with the frames of libraries folded', async () => {
    server.push({ severity: 'error', message: 'no x', stack: STACK, request: 'r1', fields: { room: { id: 5 } } })
    await open()
    assert.match((await fixture.page.locator('.row .message').textContent())!, /^no x src\/lobby\.ts:48:31 room\.id=5/)
    await fixture.page.keyboard.press('k')
    await fixture.page.keyboard.press('Enter')
    await fixture.page.waitForSelector('.stack')
    assert.deepEqual(await fixture.page.locator('.stack .own').allTextContents(), [
      '    at Lobby.move (src/lobby.ts:48:31)',
      '    at message (src/main.ts:12:7)',
    ])
    assert.equal(await fixture.page.locator('.stack summary').textContent(), '3 frames of libraries')
    assert.ok(await fixture.page.locator('.stack .library .library').first().isHidden())
    await fixture.page.click('.stack summary')
    assert.ok(await fixture.page.locator('.stack .library .library').first().isVisible())
    await fixture.page.click('.row .time')
    await until(async () => (await fixture.page.locator('.stack').count()) === 0)
  })

  it('shows text as text, and what would be invisible', async () => {
    server.push({ message: '<b>\x1b[31m\n\u202ex\t</b><script>alert(1)</script>', fields: { '<i>': '<u>\x07' } })
    await open()
    assert.deepEqual(await messages(), ['<b>\\x1b[31m\\n\\u202ex\t</b><script>alert(1)</script>'])
    await fixture.page.click('.record')
    await fixture.page.waitForSelector('.more')
    assert.equal(await fixture.page.locator('.row :is(script, b b, u)').count(), 0)
    assert.match((await fixture.page.locator('.more dl').textContent())!, /<i>\s*<u>\\x07/)
  })

  it('joins what is written with joiners, and shows those that would only hide something', async () => {
    const [family, persian] = ['👩\u200d👩\u200d👧', 'می\u200cخواهم']
    server.push({ message: `${family} ${persian} ad\u200dmin \u200c`, fields: { name: `${persian} – हिन्दी\x1b` } })
    await open()
    assert.equal((await fixture.page.locator('.hint').textContent())!.trim(), `name=${persian} – हिन्दी·`)
    assert.deepEqual(await messages(), [`${family} ${persian} ad\\u200dmin \\u200c`])
  })

  it('clips a line of more than 8 kB, and shows all of it when asked', async () => {
    server.push({ message: 'x'.repeat(30_000) })
    await open()
    assert.equal((await messages())[0]!.length, 402)
    await fixture.page.click('.record')
    assert.equal((await fixture.page.locator('.whole').textContent())!.length, 8193)
    await fixture.page.getByRole('button', { name: 'Show all 30 kB' }).click()
    await until(async () => (await fixture.page.locator('.whole').textContent())!.length === 30_000)
  })

  it('follows the newest record, and stays where somebody reads', async () => {
    many(100)
    await open()
    await until(async () => (await fromBottom()) < 2)
    await until(() => server.tails === 1)
    many(20, 100)
    await fixture.page.getByText('record 119').waitFor()
    assert.ok((await fromBottom()) < 2)
    await wheel(-700)
    await fixture.page.waitForSelector('#follow')
    const text = (await messages())[20]!
    const before = await topOf(text)
    many(29, 120)
    server.push({ message: 'record 149', severity: 'error' })
    await until(async () => (await fixture.page.locator('#follow').textContent()) === '30 new (1 error) ↓')
    assert.equal(await topOf(text), before)
    await fixture.page.click('#follow')
    await fixture.page.getByText('record 149').waitFor()
    assert.ok((await fromBottom()) < 2)
    assert.equal(await fixture.page.locator('#follow').count(), 0)
  })

  it('goes back to older records without losing the place, and draws only those in view', async () => {
    server.history = { ...server.history, count: 3000 }
    await open()
    const loaded = () => server.asked.filter((path) => path.startsWith('/api/records')).length
    for (let pages = 1; pages < 6; pages++) {
      const top = (await fixture.page.locator('.row').first().getAttribute('data-key'))!
      await scroller().evaluate((box) => box.scrollTo(0, 300))
      await until(() => loaded() > pages)
      await until(async () => (await fixture.page.locator('.row').first().getAttribute('data-key')) !== top)
    }
    // The rows in view are drawn once more when what is above them has its heights.
    const rests = () =>
      scroller().evaluate(async (box) => {
        const look = () => `${box.scrollTop} ${box.querySelector('.row')?.getAttribute('data-key')}`
        const before = look()
        for (let n = 0; n < 3; n++)
          await new Promise<unknown>((resolve) => box.ownerDocument.defaultView!.requestAnimationFrame(resolve))
        return look() === before && !box.querySelector('.past')!.textContent!.includes('Loading')
      })
    await until(rests)
    assert.ok((await fixture.page.locator('.row').count()) < 120)
    const time = fixture.page.locator('.row .time time').nth(30)
    const moment = fixture.page.locator(`.row time[datetime="${await time.getAttribute('datetime')}"]`)
    const place = () => moment.evaluate((box) => box.getBoundingClientRect().top)
    const before = await place()
    await fixture.page.keyboard.press('w')
    await fixture.page.waitForSelector('[data-nowrap]')
    const after = await place()
    assert.ok(Math.abs(after - before) < 3, `${before} → ${after}`)
  })

  it('begins where history does', async () => {
    many(450)
    await open()
    await fixture.page.keyboard.press('g')
    await fixture.page.keyboard.press('g')
    await until(async () => {
      await scroller().evaluate((box) => box.scrollTo(0, 0))
      return (await messages())[0] === 'record 0'
    })
    await fixture.page.getByText('The log begins here').waitFor()
  })

  it('resumes after the viewer was away, and shows each record once', async () => {
    many(3)
    await open()
    await until(() => server.tails === 1)
    server.cut()
    many(3, 3)
    await fixture.page.waitForSelector('#status[data-state=waiting]')
    await fixture.page.getByText('record 5').waitFor()
    assert.deepEqual(
      await messages(),
      Array.from({ length: 6 }, (_, i) => `record ${i}`),
    )
    await fixture.page.waitForSelector('#status[data-state=live]')
    fixture.complaints = fixture.complaints.filter((text) => !text.includes('ERR_'))
  })

  it('shows what is written between its first page and the tail', async () => {
    for (const written of [2, 500]) {
      server.reset()
      many(3)
      let release = () => {}
      server.tailHeld = new Promise((resolve) => (release = resolve))
      await open()
      assert.deepEqual(await messages(), ['record 0', 'record 1', 'record 2'])
      many(written, 3)
      release()
      await fixture.page.getByText(`record ${written + 2}`, { exact: true }).waitFor()
      many(1, written + 3)
      await fixture.page.getByText(`record ${written + 3}`, { exact: true }).waitFor()
      if (written === 2) {
        assert.deepEqual(
          await messages(),
          Array.from({ length: 6 }, (_, i) => `record ${i}`),
        )
      }
      // Of more than one page the older ones come when somebody scrolls there.
      await until(async () => {
        await scroller().evaluate((box) => box.scrollTo(0, 0))
        return (await messages())[0] === 'record 0'
      })
    }
    fixture.complaints = fixture.complaints.filter((text) => !text.includes('ERR_'))
  })

  it('shows history and says why there is no tail, when there is no place for one', async () => {
    many(3)
    server.tailRefusal = { status: 503, sentence: '100 browsers follow the log already' }
    await open()
    assert.deepEqual(await messages(), ['record 0', 'record 1', 'record 2'])
    await fixture.page.locator('.not-live', { hasText: '100 browsers follow the log already' }).waitFor()
    fixture.complaints = fixture.complaints.filter((text) => !text.includes('503'))
  })

  it('does not ask again for a tail that was refused, until somebody does', async () => {
    many(3)
    const tails = () => server.asked.filter((path) => path.startsWith('/api/tail')).length
    server.tailRefusal = { sentence: 'The expression takes too long' }
    await open()
    await fixture.page.locator('.not-live', { hasText: 'The expression takes too long' }).waitFor()
    server.tailRefusal = null
    await fixture.page.getByRole('button', { name: 'Connect again' }).click()
    await fixture.page.waitForSelector('#status[data-state=live]')
    assert.equal(tails(), 2)
    many(1, 3)
    await fixture.page.getByText('record 3').waitFor()
    assert.equal(await fixture.page.locator('.not-live').count(), 0)
  })

  it('goes towards now where records are sparse, a part of the way at a time', async () => {
    server.history = { ...server.history, count: 3000 }
    const { id } = recordAt(server.history, 100)
    await open(`?id=${encodeURIComponent(id)}`)
    server.looksMax = 4
    const asked = () => server.asked.filter((path) => path.startsWith('/api/records') && path.includes('after='))
    const loaded = () =>
      fixture.page
        .locator('log-records')
        .evaluate((list) => (list as unknown as { feed: { items: { size: number } } }).feed.items.size)
    const before = await loaded()
    await scroller().evaluate((box) => box.scrollTo(0, box.scrollHeight))
    await until(async () => (await loaded()) > before)
    assert.ok(asked().length > 1)
    assert.equal(new Set(asked()).size, asked().length)
  })

  it('shows where records are missing, and loads those that it was too slow for', async () => {
    server.push({ message: 'one' }, { message: 'three', missing: 1 })
    await open()
    assert.equal(
      await fixture.page.locator('.missing').textContent(),
      '1 record is missing here: ana socketserver wrote more than was stored',
    )
    await until(() => server.tails === 1)
    server.skip(1234, 12)
    await fixture.page.waitForSelector('.skipped')
    assert.match((await fixture.page.locator('.skipped').textContent())!, /^1,234 were skipped \(12 errors\)/)
    server.cut()
    many(3)
    await fixture.page.getByText('record 2').waitFor()
    await fixture.page.click('.skipped button')
    await until(async () => (await fixture.page.locator('.skipped').count()) === 0)
    assert.deepEqual(await messages(), ['one', 'three', 'record 0', 'record 1', 'record 2'])
    fixture.complaints = fixture.complaints.filter((text) => !text.includes('ERR_'))
  })

  it('says where a day begins', async () => {
    server.push(
      { message: 'late', received: '2026-11-19T23:59:59.999Z' },
      { message: 'early', received: '2026-11-20T00:00:00.000Z' },
    )
    await open()
    assert.equal(await fixture.page.locator('.row.day').textContent(), 'Fri 20 Nov 2026 UTC')
    assert.equal(await fixture.page.locator('.day-shown').textContent(), 'Fri 20 Nov 2026')
  })

  it('keeps at most 5,000 records of a stream, and holds on to what somebody reads in it', async () => {
    await open()
    await until(() => server.tails === 1)
    for (let i = 0; i < 6; i++) many(1000, i * 1000)
    await fixture.page.getByText('record 5999').waitFor()
    const count = () =>
      fixture.page
        .locator('log-records')
        .evaluate((list) => (list as unknown as { feed: { items: { size: number } } }).feed.items.size)
    await until(async () => (await count()) === 5000)
    await wheel(-2000)
    await fixture.page.waitForSelector('#follow')
    const text = (await messages())[30]!
    const before = await topOf(text)
    for (let i = 6; i < 9; i++) many(1000, i * 1000)
    await until(async () => (await fixture.page.locator('#follow').textContent())!.startsWith('3,000 new'))
    assert.equal(await topOf(text), before)
    assert.equal(await count(), 5000)
    await fixture.page.keyboard.press('f')
    await fixture.page.getByText('record 8999').waitFor()
    assert.ok((await fromBottom()) < 2)
    // lit-html from 3.3.1 on leaves a comment in the document for each row that goes (lit/lit#5298).
    const left = await fixture.page.locator('.rows').evaluate((rows) => {
      const comments = [...rows.childNodes].filter(({ nodeName }) => nodeName === '#comment')
      return { comments: comments.length, rows: rows.children.length }
    })
    assert.ok(left.comments <= 2 * left.rows + 2, JSON.stringify(left))
  })
})
