import assert from 'node:assert/strict'
import { usePage } from './page.fixture.ts'
import { recordAt } from './page-records.fixture.ts'
import { TOKEN } from './page-server.fixture.ts'

describe('what the page is asked', () => {
  const fixture = usePage()
  const { server, open, messages, until } = fixture
  const search = () => new URL(fixture.page.url()).search
  const lastAsked = (path: string) => server.asked.findLast((asked) => asked.startsWith(path)) ?? ''

  it('is in the address, there and back', async () => {
    server.push({ message: 'one' }, { message: 'two', developer: 'bo', server: 'redis', severity: 'error' })
    await open()
    assert.deepEqual(await messages(), ['one', 'two'])
    await fixture.page.selectOption('[name=severity]', 'error')
    await until(async () => (await messages()).join() === 'two')
    assert.equal(search(), '?severity=error')
    await fixture.page.goBack()
    await until(async () => (await messages()).join() === 'one,two')
    await open('?developer=ana&q=ONE')
    assert.deepEqual(await messages(), ['one'])
    assert.equal(await fixture.page.inputValue('[name=q]'), 'ONE')
    assert.equal(await fixture.page.locator('mark').textContent(), 'one')
    await until(() => server.tails === 1)
    server.push({ message: 'hidden one', developer: 'bo' }, { message: 'another one' })
    await until(async () => (await messages()).join() === 'one,another one')
  })

  it('names several developers, and a time', async () => {
    server.history = { ...server.history, count: 100 }
    await open()
    await fixture.page.click('[popovertarget=developer]')
    await fixture.page.getByLabel('ana').check()
    await fixture.page.getByLabel('bo', { exact: true }).check()
    await until(() => search() === '?developer=ana%2Cbo')
    await fixture.page.keyboard.press('Escape')
    await fixture.page.click('[popovertarget=time-range]')
    await fixture.page.getByLabel('To', { exact: true }).fill('2026-11-20T11:59:30')
    await fixture.page.getByLabel('To', { exact: true }).blur()
    await fixture.page.waitForSelector('#status[data-state=off]')
    assert.match(lastAsked('/api/records'), /developer=ana%2Cbo.*to=2026-11-20T11%3A59%3A30.000Z/)
    assert.equal(await fixture.page.locator('[popovertarget=time-range]').textContent(), 'until 20 Nov 11:59:30')
  })

  it('is a search that tells how far it is, and can be stopped', async () => {
    server.history = { ...server.history, count: 5000 }
    let release = () => {}
    server.searchHeld = new Promise((resolve) => (release = resolve))
    await open('?q=player')
    await fixture.page.locator('.searching', { hasText: '50 hits back to' }).waitFor()
    assert.ok((await messages()).every((text) => text.includes('Player')))
    await fixture.page.getByRole('button', { name: 'Stop' }).click()
    await fixture.page.keyboard.press('g')
    await fixture.page.getByText('The search was stopped').waitFor()
    release()
    await fixture.page.getByRole('button', { name: 'Go on' }).click()
    await until(() => lastAsked('/api/search').includes('before='))
    await fixture.page.waitForSelector('.searching', { state: 'detached' })
  })

  it('is a search that goes on where it was stopped, also before there was a hit', async () => {
    server.history = { ...server.history, count: 5000 }
    server.searchHeld = new Promise(() => {})
    await open('?q=nowhere')
    await until(() => server.asked.some((path) => path.startsWith('/api/search')))
    await fixture.page.locator('.searching', { hasText: '0 hits back to 20 Nov 11:43' }).waitFor()
    await fixture.page.getByRole('button', { name: 'Stop' }).click()
    server.searchHeld = null
    await fixture.page.getByRole('button', { name: 'Go on' }).click()
    await fixture.page.getByText('No record matches').waitFor()
    assert.match(lastAsked('/api/search'), /before=[^&]*%3A4000(&|$)/)
    // What the server says cannot go on is not offered.
    const stopped = 'The expression takes too long'
    for (const before of [recordAt(server.history, 5).id, null]) {
      server.searchEnd = { before, stopped }
      await open('?q=nowhere')
      await fixture.page.locator('#empty', { hasText: stopped }).waitFor()
      assert.equal(await fixture.page.getByRole('button', { name: 'Go on' }).count(), before === null ? 0 : 1)
    }
  })

  it('is answered with a sentence when it cannot be', async () => {
    await open('?q=/(/')
    assert.match(
      (await fixture.page.locator('#empty').textContent())!,
      /This cannot be shown.*is no regular expression/s,
    )
    await fixture.page.getByRole('button', { name: 'Show everything' }).click()
    await fixture.page.getByText('No records yet').waitFor()
    fixture.complaints = fixture.complaints.filter((text) => !text.includes('400'))
  })

  it('is answered once when it cannot be, also where new records are asked for', async () => {
    await open('?severity=nonsense')
    await until(async () => (await fixture.page.locator('#status').getAttribute('data-state')) === 'refused')
    assert.match((await fixture.page.locator('#empty').textContent())!, /There is no severity "nonsense"/)
    assert.equal(await fixture.page.locator('.not-live').count(), 0)
    fixture.complaints = fixture.complaints.filter((text) => !text.includes('400'))
  })

  it('can be changed when the address has no time in it that is one', async () => {
    await open('?from=yesterday&q=one')
    assert.equal(await fixture.page.inputValue('[name=q]'), 'one')
    assert.equal(await fixture.page.locator('[popovertarget=time-range]').textContent(), 'since yesterday')
    fixture.complaints = fixture.complaints.filter((text) => !text.includes('400'))
  })

  it('is not counted by the histogram of another one, when the viewer was away meanwhile', async () => {
    server.history = { ...server.history, count: 100 }
    await open()
    const counted = async () => {
      const [text] = await fixture.page.locator('#histogram-readout').allTextContents()
      return text?.trim().split('\n')[0]
    }
    await until(async () => (await counted()) === '100 records')
    server.isAway = true
    await fixture.page.fill('[name=q]', 'nowhere')
    await until(async () => (await counted()) === undefined)
    server.isAway = false
    await until(async () => (await counted()) === '0 records')
    fixture.complaints = fixture.complaints.filter((text) => !/ERR_/.test(text))
  })

  it('may be a part of a record that somebody points at', async () => {
    server.push({ message: 'one', fields: { room: { id: 5 } } }, { message: 'two', fields: { room: { id: 6 } } })
    await open()
    await fixture.page.getByText('two').click()
    await fixture.page.getByRole('button', { name: 'room.id as a column' }).click()
    await until(() => search() === '?columns=room.id')
    assert.deepEqual(await fixture.page.locator('.row .column').allTextContents(), ['5', '6'])
    await fixture.page.getByRole('button', { name: 'Only records without this room.id' }).click()
    await until(async () => (await messages()).join() === 'one')
    assert.equal(new URL(fixture.page.url()).searchParams.get('q'), '-room.id:6')
  })

  it('is a part of the histogram, by mouse and by keyboard', async () => {
    server.history = { ...server.history, count: 2000 }
    await open()
    const bars = fixture.page.locator('.bars')
    await fixture.page.waitForSelector('.bars .errors')
    assert.match((await fixture.page.locator('.readout').textContent())!, /2,000\s+records\s+\d+\s+errors/)
    const box = (await bars.boundingBox())!
    await fixture.page.mouse.move(box.x + box.width / 4, box.y + 20)
    await fixture.page.mouse.down()
    await fixture.page.mouse.move(box.x + box.width / 2, box.y + 20, { steps: 4 })
    await fixture.page.mouse.up()
    await until(() => search().includes('from='))
    const taken = new URLSearchParams(search())
    const spanMs = Date.parse(taken.get('to')!) - Date.parse(taken.get('from')!)
    assert.ok(Math.abs(spanMs - 500_000) < 20_000, `${spanMs} ms`)
    await fixture.page.waitForSelector('#status[data-state=off]')
    await fixture.page.getByRole('button', { name: 'Zoom out' }).click()
    await until(() => !search().includes(`from=${encodeURIComponent(taken.get('from')!)}`))
    await bars.focus()
    for (const key of ['ArrowLeft', 'Shift+ArrowLeft', 'Shift+ArrowLeft']) await fixture.page.keyboard.press(key)
    assert.match((await bars.getAttribute('aria-valuetext'))!, /\d+ records, \d+ errors$/)
    const before = search()
    await fixture.page.keyboard.press('Enter')
    await until(() => search() !== before)
  })

  it('is kept under a name, and exported as it is', async () => {
    server.push({ message: 'one', severity: 'error' })
    await open('?severity=error&columns=release')
    await fixture.page.click('[popovertarget=saved]')
    await fixture.page.getByLabel('Save what is shown as').fill('errors of mine')
    await fixture.page.getByRole('button', { name: 'Save', exact: true }).click()
    await fixture.page.getByRole('link', { name: 'errors of mine' }).waitFor()
    assert.deepEqual(server.searches, [{ name: 'errors of mine', query: 'severity=error&columns=release' }])
    // Out of the menu, and to the list.
    await fixture.page.keyboard.press('Escape')
    await fixture.page.keyboard.press('Escape')
    await fixture.page.keyboard.press('x')
    const link = fixture.page.getByRole('link', { name: 'CSV' })
    await link.waitFor()
    assert.equal(await link.getAttribute('href'), '/api/export?severity=error&format=csv')
    await open()
    await fixture.page.click('[popovertarget=saved]')
    await fixture.page.getByRole('link', { name: 'errors of mine' }).click()
    await until(() => search() === '?severity=error&columns=release')
    await fixture.page.click('[popovertarget=saved]')
    await fixture.page.getByRole('button', { name: 'Forget errors of mine' }).click()
    await until(() => server.searches.length === 0)
  })

  it('needs a login, which takes nothing away of it', async () => {
    server.push({ message: 'one' })
    server.isLoginNeeded = true
    await fixture.page.goto(`${server.url}?q=one`)
    await fixture.page.getByLabel('Your token').fill('a wrong one')
    await fixture.page.keyboard.press('Enter')
    await fixture.page.getByText('This token is not known').waitFor()
    await fixture.page.getByLabel('Your token').fill(TOKEN)
    await fixture.page.getByRole('button', { name: 'Log in' }).click()
    await fixture.page.getByText('one', { exact: true }).waitFor()
    assert.equal(search(), '?q=one')
    await until(() => server.tails === 1)
    await fixture.page.context().clearCookies()
    server.cut()
    await fixture.page.getByLabel('Your token').waitFor()
    await fixture.page.goto(`${server.url}?q=one#token=${encodeURIComponent(TOKEN)}`)
    await fixture.page.reload()
    await fixture.page.getByText('one', { exact: true }).waitFor()
    assert.equal(fixture.page.url(), `${server.url}?q=one`)
    await fixture.page.context().clearCookies()
    await fixture.page.goto(server.url)
    await fixture.page.getByLabel('Your token').waitFor()
    fixture.complaints = fixture.complaints.filter((text) => !/401|ERR_|Password forms/.test(text))
  })
})
