// The socketserver starter as players meet it: real edge-servers, tickets of a real httpserver.
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Accounts, type Answer, startAccounts } from './starter-accounts.ts'
import { JsonClient } from './starter-client.ts'
import { type StarterServer, startStarter } from './starter-server.ts'

describe('the socketserver starter', () => {
  let folder: string
  let accounts: Accounts

  let lobby: StarterServer
  let guests: StarterServer
  const clients: JsonClient[] = []

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'starter-'))
    accounts = await startAccounts(folder)
    const start = (settings: string) =>
      startStarter({
        server: 'socketserver',
        edge: '',
        locations: `location /hhl { script src/main.ts; ${settings} }`,
      })
    ;[lobby, guests] = await Promise.all([
      start(`set $httpserver_url "${accounts.url}"; set $guests off;`),
      // Nothing listens on port 1: this is a lobby whose httpserver is away.
      start('set $httpserver_url "http://127.0.0.1:1"; set $guests on;'),
    ])
  })

  afterEach(async () => {
    await Promise.all(clients.splice(0).map((client) => client.close()))
  })

  after(async () => {
    await Promise.all([lobby?.stop(), guests?.stop()])
    await accounts?.stop()
    await rm(folder, { recursive: true, force: true })
  })

  async function connect(server: StarterServer, query = ''): Promise<JsonClient> {
    const client = await JsonClient.open(`ws://127.0.0.1:${server.port}/hhl${query}`)
    clients.push(client)
    return client
  }

  async function connectAs(user: Answer): Promise<JsonClient> {
    return await connect(lobby, `?ticket=${(await accounts.post('/tickets', undefined, user.bearer)).body.ticket}`)
  }

  /** A guest who is in. */
  async function enter(name: string): Promise<{ client: JsonClient; you: Answer }> {
    const client = await connect(guests)
    const { you } = await client.ask({ type: 'join', name }, 'welcome')
    return { client, you }
  }

  it('lets in who brings a ticket, under the name they registered', async () => {
    const user = await accounts.makeUser('knight')
    const client = await connectAs(user)
    const welcome = await client.ask({ type: 'join', name: 'The King' }, 'welcome')
    assert.equal(welcome.id, user.user.id)
    assert.deepEqual([welcome.you.name, welcome.you.guest], ['knight', false])
    assert.deepEqual(welcome.players, [welcome.you])
  })

  const refused: [string, () => Promise<unknown>, number, string][] = [
    ['without a ticket', () => connect(lobby), 401, 'ticket_required'],
    ['with something else than a ticket', () => connect(lobby, '?ticket=..%2f'), 401, 'ticket_invalid'],
    ['with an invented ticket', () => connect(lobby, `?ticket=${'x'.repeat(43)}`), 401, 'ticket_invalid'],
    ['while httpserver is away', () => connect(guests, `?ticket=${'x'.repeat(43)}`), 503, 'httpserver_away'],
  ]
  for (const [how, ask, status, code] of refused) {
    it(`refuses a socket ${how} with ${status}`, async () => {
      await assert.rejects(ask(), (refusal: Answer) => {
        assert.deepEqual([refusal.status, JSON.parse(refusal.body).error.code], [status, code])
        return true
      })
    })
  }

  it('refuses a ticket that was used', async () => {
    const { ticket } = (await accounts.post('/tickets', undefined, (await accounts.makeUser('reuser')).bearer)).body
    await connect(lobby, `?ticket=${ticket}`)
    await assert.rejects(connect(lobby, `?ticket=${ticket}`), { status: 401 })
  })

  it('says in the log why tickets cannot be redeemed', async () => {
    await connect(guests, `?ticket=${'x'.repeat(43)}`).catch(() => {})
    await guests.log.until(/Cannot redeem a ticket/)
  })

  it('shows players to each other: who comes, moves, talks and goes', async () => {
    const ann = await enter('Ann')
    const bob = await enter('Bob')
    const joined = await ann.client.hear(({ type }) => type === 'joined')
    assert.deepEqual(joined.player, bob.you)
    assert.match(bob.you.id, /^guest-/)
    bob.client.say({ type: 'move', x: 12.5, y: 900 })
    for (const { client } of [ann, bob]) {
      const moved = await client.hear(({ type }) => type === 'moved')
      assert.deepEqual(moved, { type: 'moved', id: bob.you.id, x: 12.5, y: 900 })
    }
    ann.client.say({ type: 'chat', text: ' hello\n<b>Bob</b> ' })
    const said = await bob.client.hear(({ type }) => type === 'said')
    assert.deepEqual([said.id, said.name, said.text], [ann.you.id, 'Ann', 'hello <b>Bob</b>'])
    await bob.client.close()
    assert.equal((await ann.client.hear(({ type }) => type === 'left')).id, bob.you.id)
    const { players } = await ann.client.ask({ type: 'who' }, 'players')
    assert.deepEqual(
      players.map(({ name }: Answer) => name),
      ['Ann'],
    )
  })

  it('leaves no ghost of a socket that vanished without a word', async () => {
    const ann = await enter('Ann')
    const ghost = await enter('Ghost')
    ghost.client.socket.terminate()
    assert.equal((await ann.client.hear(({ type }) => type === 'left')).id, ghost.you.id)
  })

  it('lets a user who connects again play on, and closes the older socket with 4001', async () => {
    const user = await accounts.makeUser('everywhere')
    const [watcher, older] = [await connectAs(await accounts.makeUser('watcher')), await connectAs(user)]
    await watcher.ask({ type: 'join' }, 'welcome')
    await older.ask({ type: 'join' }, 'welcome')
    await older.ask({ type: 'move', x: 1, y: 2 }, 'moved')
    const newer = await connectAs(user)
    const { you, players } = await newer.ask({ type: 'join' }, 'welcome')
    assert.deepEqual([you.x, you.y, players.length], [1, 2, 2])
    assert.equal(await older.closed, 4001)
    newer.say({ type: 'chat', text: 'still me' })
    await watcher.hear((message) => {
      assert.notEqual(message.type, 'left')
      return message.type === 'said'
    })
  })

  it('explains a wrong message, and goes on', async () => {
    const client = await connect(guests)
    const code = async (message: unknown) => (await client.ask(message, 'error')).code
    assert.equal(await code('{'), 'bad_message')
    assert.equal(await code({ type: 'move', x: 1, y: 1 }), 'not_joined')
    await client.ask({ type: 'join' }, 'welcome')
    assert.equal(await code({ type: 'join' }), 'already_joined')
    assert.equal(await code('{"type":"move","x":1e999,"y":0}'), 'bad_message')
    await client.ask({ type: 'move', x: 1, y: 1 }, 'moved')
  })

  it('ignores what comes too fast, and closes a client that does not stop with 1008', async () => {
    const { client } = await enter('Hasty')
    for (let n = 0; n < 100; n++) client.say({ type: 'chat', text: 'spam' })
    assert.equal((await client.hear(({ type }) => type === 'error')).code, 'too_fast')
    assert.equal(await client.closed, 1008)
  })

  it('tells plain HTTP how many are there', async () => {
    await enter('Counted')
    const answer = await fetch(`http://127.0.0.1:${guests.port}/hhl`)
    assert.deepEqual(await answer.json(), { server: 'socketserver', players: 1 })
  })
})
