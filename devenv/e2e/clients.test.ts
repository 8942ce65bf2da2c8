// The clients that a yard is for, against the starters: the game client in a browser, data_tester, a bare WebSocket; and
// the page on which a developer without a shell reads what went wrong.
import assert from 'node:assert/strict'
import type { Browser, Page } from 'playwright-core'
import { openBrowser } from './browser.ts'
import { httpGet, Session } from './clients.ts'
import { isAlive, sharedYard, type TestYard, until } from './yard.ts'

/** How soon a thrown error must be on the page. */
const SHOWN_WITHIN_MS = 1_000

const THROWING = `import type { SocketScript } from 'edgeyard'

interface Order {
  items: string[]
}

function first(order: Order): string {
  return order.items[0]!.toUpperCase()
}

export default {
  message(ws, data) {
    ws.send(first(JSON.parse(String(data)) as Order))
  },
} satisfies SocketScript<undefined>
`

describe('the clients of a yard', function () {
  this.timeout(120_000)
  let yard: TestYard
  let browser: Browser

  before(async () => {
    yard = await sharedYard()
    browser = await openBrowser()
  })
  after(() => browser?.close())

  const logIn = async (page: Page) => {
    await page.goto(await yard.loginLink())
    await page.locator('#status[data-state="live"]').waitFor()
  }

  it('the lobby lets in whoever has a ticket, once, and shows players to each other', async () => {
    const http = (await yard.sandbox('httpserver', 'master')).url
    const lobby = (await yard.sandbox('socketserver', 'dev3')).url
    const anna = await Session.open(`${lobby}?ticket=${await buyTicket(http, 'anna')}`)
    anna.socket.send(JSON.stringify({ type: 'join' }))
    const { you } = await anna.nextJson<{ type: string; you: { id: string } }>((message) => message.type === 'welcome')

    const ticket = await buyTicket(http, 'bert')
    const bert = await Session.open(`${lobby}?ticket=${ticket}`)
    bert.socket.send(JSON.stringify({ type: 'join' }))
    const welcome = await bert.nextJson<{ type: string; players: { id: string }[] }>(
      (message) => message.type === 'welcome',
    )
    assert.ok(welcome.players.some((player) => player.id === you.id))

    bert.socket.send(JSON.stringify({ type: 'chat', text: 'hello anna' }))
    const said = await anna.nextJson<{ type: string; text?: string }>((message) => message.type === 'said')
    assert.equal(said.text, 'hello anna')

    await assert.rejects(Session.open(`${lobby}?ticket=${ticket}`), /401/)
    await assert.rejects(Session.open(lobby), /401/)
    await bert.close()
    await anna.nextJson((message) => message.type === 'left')
    await anna.close()
  })

  it("the browser page plays a developer's lobby and survives a restart of it", async () => {
    const http = (await yard.sandbox('httpserver', 'master')).url
    const lobby = (await yard.sandbox('socketserver', 'dev3')).url
    const carla = await enterByPage(await browser.newPage(), http, lobby, 'carla')
    const dora = await enterByPage(await browser.newPage(), http, lobby, 'dora')
    await carla.locator('#players', { hasText: 'dora' }).waitFor()
    await dora.locator('#say-text').fill('good evening')
    await dora.locator('#say-send').click()
    await carla.locator('#chat', { hasText: 'good evening' }).waitFor()

    const old = (await yard.sandbox('socketserver', 'dev3')).pid ?? 0
    await yard.do('restart', 'socketserver', 'dev3')
    // The old process closes its sockets one after the other; until it has gone, the two may be on different ones.
    await until('the old process has drained', () => !isAlive(old))
    await dora.locator('#say-text').fill('still here')
    await dora.locator('#players', { hasText: 'carla' }).waitFor()
    await dora.locator('#say-send').click()
    await carla.locator('#chat', { hasText: 'still here' }).waitFor()
    await carla.close()
    await dora.close()
  })

  it('a data_tester session lists, changes, checks and resets game data in the developer’s own Redis', async () => {
    const session = await Session.open((await yard.sandbox('dtserver', 'dev1')).url)
    let id = 0
    const call = async (method: string, params?: unknown) => {
      const answer = JSON.parse(await session.ask(JSON.stringify({ jsonrpc: '2.0', id: ++id, method, params })))
      assert.equal(answer.jsonrpc, '2.0')
      assert.equal(answer.id, id)
      return answer
    }
    const spear = { name: 'Spear', price: 60 }
    await call('data.reset', {})
    const list = async () => ((await call('data.list', {})).result.keys as string[]).sort()
    const keysBefore = await list()
    assert.ok(keysBefore.includes('item:sword'), JSON.stringify(keysBefore))
    assert.equal((await call('data.put', { key: 'item:spear', value: spear })).error, undefined)
    assert.deepEqual((await call('data.get', { key: 'item:spear' })).result.value, spear)
    assert.equal((await call('data.put', { key: 'item:spear', value: { price: -1 } })).error.code, -32002)
    await call('data.delete', { key: 'item:sword' })
    assert.equal((await call('data.get', { key: 'item:sword' })).error.code, -32001)
    await call('data.reset', {})
    assert.deepEqual(await list(), keysBefore)
    assert.equal((await call('data.check', {})).error, undefined)
    assert.equal((await call('data.explode')).error.code, -32601)
    assert.equal(JSON.parse(await session.ask('{')).error.code, -32700)

    // Another developer's data is another Redis.
    const other = await Session.open((await yard.sandbox('dtserver', 'dev2')).url)
    other.socket.send(
      JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'data.put', params: { key: 'item:spear', value: spear } }),
    )
    assert.equal(JSON.parse(await other.next()).error, undefined)
    assert.equal((await call('data.get', { key: 'item:spear' })).error.code, -32001)
    await session.close()
    await other.close()
  })

  it('health is answered by every server', async () => {
    for (const { url, server, developer } of (await yard.status()).sandboxes) {
      const { origin } = new URL(url.replace('ws:', 'http:'))
      assert.equal((await httpGet(`${origin}/health`)).status, 200, `${server} of ${developer}`)
    }
  })

  it('a thrown error in a message is on the viewer’s page within a second, with its TypeScript line', async () => {
    const clone = await yard.clone('socketserver', 'dev2')
    await clone.ship({ 'src/main.ts': THROWING })
    const { url } = await yard.sandbox('socketserver', 'dev2')
    const page = await browser.newPage()
    const { viewer } = await yard.status()
    await logIn(page)
    await page.goto(`${viewer.url}?developer=dev2&server=socketserver&severity=error`)
    await page.locator('#status[data-state="live"]').waitFor()
    const session = await Session.open(url)
    const thrown = performance.now()
    session.socket.send(JSON.stringify({ items: [] }))
    assert.equal(await session.closed, 1011)
    await page.getByText('src/main.ts:8:').first().waitFor({ timeout: SHOWN_WITHIN_MS })
    const tookMs = performance.now() - thrown
    assert.ok(tookMs < SHOWN_WITHIN_MS, `${tookMs} ms`)
    await page.close()
  })

  it('what a dying process writes to stderr is a record too', async () => {
    const clone = await yard.clone('socketserver', 'dev2')
    await clone.ship({
      'src/main.ts': `export default { message() { process._rawDebug('last words of a process'); process.reallyExit(70) } }\n`,
    })
    const { url, pid } = await yard.sandbox('socketserver', 'dev2')
    const page = await browser.newPage()
    await logIn(page)
    await page.goto(`${(await yard.status()).viewer.url}?developer=dev2&server=socketserver`)
    const session = await Session.open(url)
    session.socket.send('die')
    await session.closed
    await page.getByText('last words of a process').first().waitFor()
    await until('the sandbox is back', async () => {
      const back = await yard.sandbox('socketserver', 'dev2')
      return back.state === 'ready' && back.pid !== pid
    })
    await page.close()
  })
})

async function enterByPage(page: Page, http: string, lobby: string, name: string): Promise<Page> {
  await page.goto(new URL('/play/', http).href)
  await page.locator('#name').fill(name)
  await page.locator('#password').fill('correct horse battery')
  await page.locator('#server').fill(lobby)
  await page.locator('#register').click()
  await page.locator('#players', { hasText: name }).waitFor()
  return page
}

async function post(url: string, body: unknown, session?: string): Promise<Record<string, string>> {
  const headers = {
    'content-type': 'application/json',
    ...(session === undefined ? {} : { authorization: `Bearer ${session}` }),
  }
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) })
  assert.ok(response.ok, `${url}: ${response.status}`)
  return (await response.json()) as Record<string, string>
}

async function buyTicket(http: string, name: string): Promise<string> {
  const user = { name, password: 'correct horse battery' }
  await post(new URL('/users', http).href, user)
  const { session } = await post(new URL('/login', http).href, user)
  const { ticket } = await post(new URL('/tickets', http).href, {}, session)
  assert.ok(ticket)
  return ticket
}
