import assert from 'node:assert/strict'
import { type ServingEdgeServer, startEdgeServer } from '../testing/edge-server.ts'
import { createSandboxFolder, type SandboxFolder } from '../testing/sandbox-folder.ts'
import { connectSocket } from '../testing/socket-client.ts'

const SCRIPT = `
let busy = 0
const gates = []
module.exports.default = {
  async upgrade(req, ctx) {
    if (req.query.get('ticket') === 'bad') return { status: 401, body: 'no' }
    if (req.query.get('ticket') === 'throws') throw new Error('upgrade failed')
    if (req.query.get('ticket') === 'wrong') return 5
    ctx.state.set('name', req.query.get('name'))
    return { data: { name: req.query.get('name'), count: 0 }, protocol: 'v1' }
  },
  async open(ws, ctx) { await null; ws.join('room'); ws.send('open ' + ws.data.name + ' ' + (ws.id === ctx.id)) },
  async message(ws, data, ctx) {
    if (data === 'throw') throw new RangeError('in a message')
    if (data === 'state') return void ws.send(ctx.state.get('name') + ' ' + ws.request.query.get('name') + ' ' + ctx.signal.aborted)
    if (data === 'wait') return new Promise((resolve) => gates.push(resolve))
    if (data === 'gate') { for (const open of gates.splice(0)) open(); return }
    if (data === 'close') return ws.close(4001, 'as you wish')
    if (typeof data !== 'string') return void ws.send(data)
    if (data.startsWith('all:')) return ctx.publish('room', data.slice(4))
    busy++
    await new Promise(setImmediate)
    ws.send(data + ' ' + ++ws.data.count + ' ' + busy)
    busy--
  },
  close(ws, code, reason, ctx) {
    ctx.log.info('closed ' + ws.data.name, { code, topics: ws.topics(), open: ws.open, sent: ws.send('late'), aborted: ctx.signal.aborted })
    for (const open of gates.splice(0)) open()
  },
}`

describe('a script that takes WebSockets', () => {
  let sandbox: SandboxFolder
  let server: ServingEdgeServer
  const connect = (query: string) => connectSocket(`ws://127.0.0.1:${server.port}/?${query}`, ['v1'])

  before(async () => {
    sandbox = await createSandboxFolder({ script: SCRIPT })
    server = await startEdgeServer(sandbox.prefix)
  })
  after(async () => {
    await server.kill()
    await sandbox.remove()
  })

  it('opens with the data of upgrade, before the first message', async () => {
    const client = await connect('name=ada')
    client.send('one')
    assert.equal(await client.next(), 'open ada true')
    assert.equal(await client.next(), 'one 1 1')
    client.close()
  })

  it('handles the messages of one socket one at a time and in order', async () => {
    const client = await connect('name=bob')
    await client.next()
    for (let i = 0; i < 50; i++) client.send(`m${i}`)
    for (let i = 0; i < 50; i++) assert.equal(await client.next(), `m${i} ${i + 1} 1`)
    client.close()
  })

  it('keeps state and request from hook to hook, and bytes as bytes', async () => {
    const client = await connect('name=eve')
    await client.next()
    client.send('state')
    assert.equal(await client.next(), 'eve eve false')
    client.send(new Uint8Array([1, 2]))
    assert.deepEqual(await client.next(), Buffer.from([1, 2]))
    client.close()
  })

  it('publishes to everybody who joined', async () => {
    const [a, b] = [await connect('name=a'), await connect('name=b')]
    await Promise.all([a.next(), b.next()])
    a.send('all:hi')
    assert.deepEqual(await Promise.all([a.next(), b.next()]), ['hi', 'hi'])
    a.close()
    b.close()
  })

  it('tells close once, with what the socket had, when it can send no more', async () => {
    const client = await connect('name=zoe')
    await client.next()
    client.close(4002)
    const line = await server.log.until(/closed zoe/)
    for (const part of ['code: 4002', 'topics: ["room"]', 'open: false', 'sent: closed', 'aborted: true']) {
      assert.ok(line.includes(part), `${part} in ${line}`)
    }
  })

  it('lets the script close with its own code', async () => {
    const client = await connect('name=ann')
    client.send('close')
    assert.deepEqual(await client.closed, { code: 4001, reason: 'as you wish' })
  })

  it('closes with 1011 for what a message throws, names the record, and serves on', async () => {
    const client = await connect('name=tom')
    const other = await connect('name=ann')
    client.send('throw')
    const { code, reason } = await client.closed
    assert.equal(code, 1011)
    const line = await server.log.until(/RangeError: in a message/)
    assert.ok(line.includes(reason.replace('Internal error ', '')))
    assert.ok(line.includes('phase: message'))
    await other.next()
    other.send('still')
    assert.equal(await other.next(), 'still 1 1')
    other.close()
  })

  it('refuses with the reply of upgrade, and with 500 when it throws or returns nonsense', async () => {
    await assert.rejects(connect('ticket=bad'), /status 401/)
    await assert.rejects(connect('ticket=throws'), /status 500/)
    await assert.rejects(connect('ticket=wrong'), /status 500/)
    await server.log.until(/Error: upgrade failed/)
    await server.log.until(/"upgrade" must return { data }/)
  })

  it('closes a client with 1008 that is too far ahead of the script', async () => {
    const client = await connect('name=fast')
    await client.next()
    client.send('wait')
    for (let i = 0; i < 1500; i++) client.send('more')
    assert.equal((await client.closed).code, 1008)
    await server.log.until(/faster than the script handles them/)
    const after = await connect('name=next')
    assert.equal(await after.next(), 'open next true')
    after.close()
  })

  it('answers a plain GET with 426', async () => {
    const reply = await fetch(server.url)
    assert.deepEqual([reply.status, reply.headers.get('upgrade')], [426, 'websocket'])
  })
})
