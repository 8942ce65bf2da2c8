// The lobby as its author would test it: on edgeyard/testing, without a server.
import assert from 'node:assert/strict'
import { serveScript } from '../testing/script/testing.ts'
import type { Yard, YardSocket } from '../testing/script/types.ts'
import script from './starter/src/main.ts'

describe('the lobby', () => {
  let yard: Yard
  beforeEach(async () => {
    yard = await serveScript(script, { env: { guests: 'on', httpserver_url: 'http://127.0.0.1:1' } })
  })
  afterEach(() => yard.stop())

  const say = (ws: YardSocket, message: object) => ws.send(JSON.stringify(message))
  const hear = async (ws: YardSocket) => JSON.parse(`${await ws.next()}`)

  it('shows players to each other, moving, talking and leaving', async () => {
    const [ada, bob] = [await yard.connect('/hhl'), await yard.connect('/hhl')]
    say(ada, { type: 'join', name: 'Ada' })
    const welcome = await hear(ada)
    assert.deepEqual([welcome.type, welcome.you.name], ['welcome', 'Ada'])
    say(bob, { type: 'join', name: 'Bob' })
    assert.equal((await hear(bob)).players.length, 2)
    assert.equal((await hear(ada)).player.name, 'Bob')
    say(bob, { type: 'move', x: 10, y: 20 })
    assert.deepEqual(await hear(ada), { ...(await hear(bob)), type: 'moved' })
    say(ada, { type: 'chat', text: ' hello\n there ' })
    assert.equal((await hear(bob)).text, 'hello there')
    await hear(ada)
    bob.close()
    assert.equal((await hear(ada)).type, 'left')
  })

  it('refuses a ticket that nobody can check, and says why in its log', async () => {
    await assert.rejects(yard.connect(`/hhl?ticket=${'x'.repeat(20)}`), { status: 503 })
    await yard.log.until('Cannot redeem a ticket')
  })

  it('counts its players for who asks by plain HTTP', async () => {
    const ws = await yard.connect('/hhl')
    say(ws, { type: 'join' })
    await ws.next()
    assert.deepEqual(await (await yard.fetch('/hhl')).json(), { server: 'socketserver', players: 1 })
  })
})
