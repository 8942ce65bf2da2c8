// The documentation as a browser gets it.
import assert from 'node:assert/strict'
import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { openBrowser } from '../../devenv/e2e/browser.ts'
import type { Docs } from '../../servers/contract/docs.ts'
import { createLogins } from '../access/logins.fixture.ts'
import { createYardFixture, type YardFixture } from '../store/yard.fixture.ts'
import { createViewer, type Viewer } from './create-viewer.ts'

const NO_DOC = { text: '', params: [], returns: '', throws: [], examples: [], deprecated: null }

function docsOf(common: string, names: readonly string[]): Docs {
  const entries = names.map((name) => ({
    ...({ name, kind: 'function', signature: `function ${name}(): void`, members: [] } as const),
    doc: { ...NO_DOC, text: `Does what ${name} does. And more.` },
  }))
  return {
    ...{ madeOf: common, common },
    modules: [
      { name: 'edgeyard', doc: NO_DOC, entries: [] },
      { name: 'common/verbs', doc: NO_DOC, entries },
    ],
  }
}

describe('the documentation', () => {
  let yard: YardFixture
  let viewer: Viewer
  let url: string
  let headers: { authorization: string }

  beforeEach(async () => {
    yard = createYardFixture()
    headers = { authorization: `Bearer ${createLogins(yard.root).issue('dev1')}` }
    viewer = await createViewer({ root: yard.root, host: '127.0.0.1', port: 0 })
    url = `http://127.0.0.1:${viewer.port}`
  })
  afterEach(async () => {
    await viewer.close()
    yard.remove()
  })

  function put(docs: Docs): void {
    mkdirSync(join(yard.root, 'docs'), { recursive: true })
    const next = join(yard.root, 'docs/next')
    writeFileSync(next, JSON.stringify(docs))
    renameSync(next, join(yard.root, 'docs/docs.json'))
  }

  it('says so while there is none', async () => {
    const page = await fetch(`${url}/docs/`, { headers })
    assert.equal(page.status, 200)
    assert.match(await page.text(), /No documentation yet/)
    assert.equal((await fetch(`${url}/docs/edgeyard`, { headers })).status, 404)
  })

  it('is served with the policy of the log page, and anew as soon as it was made anew', async () => {
    put(docsOf('a'.repeat(40), ['run']))
    const page = await fetch(`${url}/docs/common/verbs`, { headers })
    assert.match(await page.text(), /id="run"/)
    assert.match(
      page.headers.get('content-security-policy')!,
      /^default-src 'none'; script-src 'self'; style-src 'self';/,
    )
    const again = { headers: { ...headers, 'if-none-match': page.headers.get('etag')! } }
    assert.equal((await fetch(`${url}/docs/common/verbs`, again)).status, 304)
    put(docsOf('b'.repeat(40), ['run', 'walk']))
    const anew = await fetch(`${url}/docs/common/verbs`, again)
    assert.equal(anew.status, 200)
    assert.match(await anew.text(), /id="walk"/)
    assert.equal((await fetch(`${url}/docs`, { headers, redirect: 'manual' })).headers.get('location'), '/docs/')
    for (const path of ['nothing', '../docs.json', 'docs.json', 'common', '%2e%2e/docs.json', '%zz']) {
      assert.equal((await fetch(`${url}/docs/${path}`, { headers })).status, 404, path)
    }
  })

  it('is for those who are logged in: a browser is shown where', async () => {
    put(docsOf('a'.repeat(40), ['run']))
    assert.equal((await fetch(`${url}/docs/`)).status, 401)
    const shown = await fetch(`${url}/docs/common/verbs`, { headers: { accept: 'text/html' }, redirect: 'manual' })
    assert.deepEqual([shown.status, shown.headers.get('location')], [303, '/login?next=%2Fdocs%2Fcommon%2Fverbs'])
  })

  describe('in a browser', () => {
    let browser: Browser
    before(async () => {
      browser = await openBrowser()
    })
    after(() => browser?.close())

    it('is what somebody sees who wanted it and had to log in first; nobody is led elsewhere', async () => {
      put(docsOf('a'.repeat(40), ['run']))
      const token = headers.authorization.slice('Bearer '.length)
      const logIn = async (path: string) => {
        const page = await browser.newPage()
        await page.goto(`${url}${path}`)
        await page.fill('#token', token)
        await page.getByRole('button', { name: 'Log in' }).click()
        return page
      }
      const docs = await logIn('/docs/common/verbs')
      await docs.waitForURL(`${url}/docs/common/verbs`)
      assert.ok(await docs.getByRole('heading', { name: 'run' }).isVisible())
      // Whoever is logged in already goes on at once.
      await docs.goto(`${url}/login?next=/docs/`)
      await docs.getByRole('heading', { name: 'Documentation' }).waitFor()
      const elsewhere = await logIn(`/login?next=${encodeURIComponent('//127.0.0.2/docs/')}`)
      await elsewhere.waitForSelector('#status[data-state=live]')
      assert.equal(new URL(elsewhere.url()).origin, url)
      for (const page of [docs, elsewhere]) await page.close()
    })

    for (const width of [1440, 390]) {
      it(`is found from the log page, searched and read, ${width} px wide`, async () => {
        put(docsOf('a'.repeat(40), ['run', 'runAway', 'walk']))
        const page = await browser.newPage({ viewport: { width, height: 800 } })
        const token = headers.authorization.slice('Bearer '.length)
        await page.context().request.post(`${url}/api/login`, { data: { token } })
        const complaints: string[] = []
        const asked: string[] = []
        page.on('console', (line) => complaints.push(line.text()))
        page.on('pageerror', ({ message }) => complaints.push(message))
        page.on('request', (request) => asked.push(new URL(request.url()).origin))
        await page.goto(url)
        await page.getByRole('link', { name: 'Docs' }).click()
        await page.getByRole('heading', { name: 'Documentation' }).waitFor()
        await page.keyboard.press('/')
        await page.keyboard.type('runaw')
        await page.getByText('One found').waitFor()
        await page.keyboard.press('Enter')
        await page.waitForURL('**/docs/common/verbs#runAway')
        assert.ok(await page.getByRole('heading', { name: 'runAway' }).isVisible())
        await page.fill('#search', 'nobody calls it that')
        await page.getByText('Nothing is called').waitFor()
        await page.keyboard.press('Escape')
        assert.ok(await page.getByRole('heading', { name: 'walk' }).isVisible())
        const overflow = await page.locator('html').evaluate((html) => html.scrollWidth - html.clientWidth)
        assert.ok(overflow <= 0, `${overflow} px too wide`)
        await page.getByRole('link', { name: 'Logs' }).click()
        await page.waitForSelector('#status[data-state=live]')
        await page.close()
        assert.deepEqual(complaints, [])
        assert.deepEqual([...new Set(asked)], [url])
      })
    }
  })
})
