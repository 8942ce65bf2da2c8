import assert from 'node:assert/strict'
import axe from 'axe-core'
import { usePage } from './page.fixture.ts'
import { someGroups } from './page-errors.fixture.ts'

describe('the page', () => {
  const fixture = usePage()
  const { server, open, until } = fixture
  const parameters = () => new URL(fixture.page.url()).searchParams
  const selected = () => fixture.page.locator('.row[aria-selected=true] .message .text').textContent()

  it('is gone through by keyboard: records, errors, hits, context and back', async () => {
    server.history = { ...server.history, count: 2000 }
    await open('?q=room')
    await fixture.page.keyboard.press('k')
    const last = await selected()
    await fixture.page.keyboard.press('N')
    assert.notEqual(await selected(), last)
    await fixture.page.keyboard.press('n')
    assert.equal(await selected(), last)
    await open()
    await fixture.page.keyboard.press('E')
    assert.match((await selected())!, /Out of memory|undefined|matchmaking/)
    await fixture.page.keyboard.press('k')
    const near = (await selected())!
    await fixture.page.keyboard.press('c')
    await fixture.page.waitForSelector('.context')
    await until(async () => (await selected()) === near)
    assert.ok(parameters().get('id'))
    const sources = new Set(await fixture.page.locator('.row .source').allTextContents())
    assert.equal(sources.size, 1)
    await fixture.page.keyboard.press('Escape')
    await until(() => parameters().get('id') === null)
    await fixture.page.keyboard.press('/')
    await fixture.page.keyboard.type('slow')
    await until(() => parameters().get('q') === 'slow')
    await fixture.page.keyboard.press('Escape')
    await fixture.page.keyboard.press('t')
    await until(() => parameters().get('time') === 'local')
    await fixture.page.keyboard.press('?')
    await fixture.page.getByRole('dialog', { name: 'Keys' }).waitFor()
    await fixture.page.keyboard.press('Escape')
    await fixture.page.getByRole('dialog').waitFor({ state: 'hidden' })
  })

  it('goes to the previous error beyond the records that it has', async () => {
    server.history = { ...server.history, count: 3000 }
    server.push(...Array.from({ length: 300 }, (_, i) => ({ message: `calm ${i}` })))
    await open()
    // The server gives up looking before there is one.
    server.looksMax = 50
    await fixture.page.keyboard.press('E')
    await until(async () => (await fixture.page.locator('.row[aria-selected=true]').count()) === 1)
    assert.match((await selected())!, /Out of memory|undefined|matchmaking/)
    await fixture.page.getByRole('button', { name: 'Follow' }).click()
    await fixture.page.getByText('calm 299').waitFor()
  })

  it('shows errors that are alike together, and what has been said of them', async () => {
    server.history = { ...server.history, count: 100 }
    server.groups = someGroups(Date.now())
    await open('?view=errors')
    assert.equal(await fixture.page.locator('.group').count(), 4)
    assert.match(
      (await fixture.page.locator('.group').first().textContent())!,
      /1,842.*New.*ana socketserver.*new since release 4f2a91c8e012/s,
    )
    assert.match((await fixture.page.locator('.group').nth(1).textContent())!, /Came back.*resolved by bo/s)
    await fixture.page.getByRole('button', { name: 'Mute: TypeError' }).click()
    await until(async () => (await fixture.page.locator('.group').count()) === 3)
    assert.equal(server.groups[0]!.state, 'muted')
    assert.deepEqual(server.said, [{ state: 'muted', lastId: server.groups[0]!.lastId }])
    await fixture.page.getByRole('button', { name: 'Muted 2' }).click()
    await fixture.page.getByText('muted by ana').first().waitFor()
    assert.equal(parameters().get('state'), 'muted')
    await fixture.page.getByRole('button', { name: 'Open 3' }).click()
    await fixture.page.getByRole('link', { name: 'No answer from matchmaking' }).click()
    await fixture.page.waitForSelector('.context')
    assert.equal(parameters().get('id'), server.groups[1]!.lastId)
  })

  it('shows errors of the last day, unless somebody says another time, and asks only who may what becomes of them', async () => {
    server.groups = someGroups(Date.now())
    const lastAsked = () => server.asked.findLast((path) => path.startsWith('/api/errors'))
    await open('?view=errors')
    assert.match(lastAsked()!, /from=/)
    await fixture.page.locator('.errors .time', { hasText: 'Last 24 hours' }).waitFor()
    assert.equal(await fixture.page.locator('.group').count(), 4)
    assert.equal(await fixture.page.locator('.group .deeds button').count(), 4)
    server.deedRefusal = 'These errors are not yours'
    await fixture.page.getByRole('button', { name: 'Mute: TypeError' }).click()
    // It is not taken back by the groups that are asked for after it.
    await until(() => {
      const said = server.asked.findIndex((path) => path.startsWith('/api/errors/'))
      return said !== -1 && server.asked.slice(said).some((path) => path.startsWith('/api/errors?'))
    })
    await fixture.page.getByRole('button', { name: 'Mute: TypeError', disabled: false }).waitFor()
    assert.equal(await fixture.page.locator('.refusal').textContent(), server.deedRefusal)
    await fixture.page.getByRole('button', { name: 'Any time' }).click()
    await until(() => lastAsked() === '/api/errors?')
    assert.equal(parameters().get('range'), 'all')
    fixture.complaints = fixture.complaints.filter((text) => !text.includes('403'))
  })

  it('takes letters as keys where the list has the focus, and nowhere when they are switched off', async () => {
    server.history = { ...server.history, count: 60 }
    await open()
    const { keyboard } = fixture.page
    await keyboard.press('w')
    await until(() => parameters().get('wrap') === 'off')
    await fixture.page.getByRole('button', { name: 'Export' }).focus()
    await keyboard.press('w')
    await keyboard.press('Escape')
    assert.equal(parameters().get('wrap'), 'off')
    await keyboard.press('w')
    await until(() => parameters().get('wrap') === null)
    await fixture.page.click('[popovertarget=view]')
    await fixture.page.getByLabel('Keys of one letter').uncheck()
    await open()
    await fixture.page.locator('.scroller').focus()
    await keyboard.press('w')
    await keyboard.press('ArrowUp')
    const newest = await selected()
    await keyboard.press('ArrowUp')
    assert.notEqual(await selected(), newest)
    await keyboard.press('ArrowDown')
    assert.equal(await selected(), newest)
    await keyboard.press('Enter')
    await fixture.page.waitForSelector('.more')
    assert.equal(parameters().get('wrap'), null)
    await keyboard.press('End')
    await until(async () => (await fixture.page.locator('.row[aria-selected=true]').count()) === 0)
  })

  it('says to who listens what has become of a question', async () => {
    server.history = { ...server.history, count: 150 }
    await open()
    const said = (text: string) => fixture.page.locator('.spoken', { hasText: text }).waitFor({ state: 'attached' })
    await said('150 records')
    await fixture.page.fill('[name=q]', 'nowhere')
    await said('No record matches')
  })

  it('says in one line whether records come through, and under it all there is to say', async () => {
    server.notes = ['The collector holds back 120 records', 'Another']
    server.push({ message: 'one' })
    await open()
    assert.match(
      (await fixture.page.locator('footer').textContent())!,
      /behind.*holds back 120 records \(and 1 more\).*1 record.*209 B/s,
    )
    await fixture.page.setViewportSize({ width: 360, height: 640 })
    await fixture.page.click('footer summary')
    for (const text of ['Another', '41 GB free, 30 days kept'])
      assert.ok(await fixture.page.locator('footer li', { hasText: text }).isVisible())
    assert.ok(
      await fixture.page.locator('footer').evaluate(({ scrollHeight, clientHeight }) => scrollHeight <= clientHeight),
    )
  })

  it('is light or dark as somebody wants, the next time too', async () => {
    await open()
    const back = () => fixture.page.evaluate<string>('getComputedStyle(document.body).backgroundColor')
    const light = await back()
    await fixture.page.click('[popovertarget=view]')
    await fixture.page.getByLabel('Dark').check()
    const dark = await back()
    assert.notEqual(dark, light)
    await open()
    assert.equal(await back(), dark)
  })

  it('fits a phone, and a window at 200 %', async () => {
    server.history = { ...server.history, count: 1000 }
    server.push({
      severity: 'error',
      message: 'x'.repeat(300),
      stack: 'Error\n    at src/main.ts:1:2',
      fields: { long: 'y'.repeat(200) },
    })
    for (const [width, height] of [
      [360, 640],
      [720, 450],
    ] as const) {
      await fixture.page.setViewportSize({ width, height })
      await open()
      await fixture.page.locator('.record', { hasText: 'xxx' }).click()
      await fixture.page.waitForSelector('.stack')
      assert.ok(await fixture.page.locator('.bars').isVisible())
      assert.ok(await fixture.page.evaluate('document.documentElement.scrollWidth <= innerWidth'))
      assert.ok(
        await fixture.page.locator('.scroller').evaluate(({ scrollWidth, clientWidth }) => scrollWidth <= clientWidth),
      )
    }
  })

  for (const width of [390, 1024, 1440]) {
    it(`shows none, exactly one and many records, ${width} px wide`, async () => {
      await fixture.page.setViewportSize({ width, height: 800 })
      for (const count of [0, 1, 1000]) {
        server.history = { ...server.history, count }
        await open()
        const list = fixture.page.locator('.scroller')
        await until(async () => (await fixture.page.locator('#empty').count()) === (count === 0 ? 1 : 0))
        await until(async () => {
          const all = await fixture.page.locator('#histogram-readout').textContent()
          return all!.trim().startsWith(count === 1 ? '1 record\n' : `${count.toLocaleString('en')} records`)
        })
        assert.ok(await fixture.page.evaluate('document.documentElement.scrollWidth <= innerWidth'))
        if (count === 0) continue
        // In view; rows are laid out in fractions of a pixel.
        await until(async () => {
          const [frame, newest] = [await list.boundingBox(), await fixture.page.locator('.record').last().boundingBox()]
          return newest!.y >= frame!.y && newest!.y + newest!.height <= frame!.y + frame!.height + 1
        })
        assert.equal(await fixture.page.getByText('The log begins here').count(), count === 1 ? 1 : 0)
      }
    })
  }

  const views: readonly [name: string, query: string, act?: () => Promise<unknown>][] = [
    ['records', ''],
    ['an open record', '?columns=release', () => fixture.page.locator('.record').last().click()],
    ['errors', '?view=errors'],
    ['what is chosen', '?q=nowhere', () => fixture.page.click('[popovertarget=time-range]')],
    ['the help', '', () => fixture.page.keyboard.press('?')],
  ]
  for (const [name, query, act] of views) {
    it(`has nothing that axe finds fault with: ${name}`, async () => {
      server.history = { ...server.history, count: 60 }
      server.groups = someGroups(Date.now())
      await open(query)
      await act?.()
      // Not as a script of the page, whose policy has no place for one.
      await fixture.page.evaluate(axe.source)
      const faults = (rules: string) =>
        fixture.page.evaluate<string[]>(
          `axe.run(document, ${rules}).then(({ violations }) => violations.flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => id + ': ' + html + ' ' + failureSummary)))`,
        )
      assert.deepEqual(
        await faults("{ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }"),
        [],
      )
      await fixture.page.emulateMedia({ colorScheme: 'dark' })
      assert.deepEqual(await faults("{ runOnly: { type: 'rule', values: ['color-contrast'] } }"), [], 'in the dark')
    })
  }

  it('is small: less than 60 kB packed', async () => {
    let bytes = 0
    fixture.page.on('response', (response) => {
      if (!new URL(response.url()).pathname.startsWith('/api/')) bytes += Number(response.headers()['content-length'])
    })
    await open()
    await until(() => bytes > 20_000)
    assert.ok(bytes < 60_000, `${bytes} B`)
  })
})
