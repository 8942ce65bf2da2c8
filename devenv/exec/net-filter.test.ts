// The packet filter on the real kernel: who may connect to what. Its table is the test's own, for users that nobody has.
import assert from 'node:assert/strict'
import { createServer, type Server } from 'node:net'
import { createNetFilter, type NetFilter, renderNetFilter } from './net-filter.ts'
import { runCommand } from './run-command.ts'

const FIRST = 3_999_991_001
const OPEN = FIRST + 1
const CLOSED = FIRST + 2
const OTHER = FIRST - 1

/** 192.0.2.0/24 is nobody's: a connection ends in a deadline, if it is not refused at once. */
const ELSEWHERE = '192.0.2.1'

describe('the filter of connections', () => {
  it('is a table of its own, replaced in one step', () => {
    const text = renderNetFilter({
      uids: [1, 9],
      ways: [{ uid: 2, port: 80 }],
      closed: [3],
      everywhere: [],
    })
    assert.match(text, /^table inet edgeyard_1 \{\}\ndelete table inet edgeyard_1\ntable inet edgeyard_1 \{\n/)
    assert.match(text, /set ways \{ type uid \. inet_service; elements = \{ 2 \. 80 \} \}/)
    assert.match(text, /set everywhere \{ type inet_service; \}/)
    assert.doesNotMatch(text, /flush|ruleset/)
  })

  it('says why there is none without root rights', async () => {
    assert.equal((await createNetFilter({ asRoot: false })).why, 'only root may filter connections')
  })

  describe('as root, with nftables', () => {
    let filter: NetFilter
    let server: Server
    let port: number
    before(async function () {
      filter = await createNetFilter({ asRoot: process.getuid?.() === 0 })
      if (filter.why !== null) {
        this.test!.title = filter.why
        return this.skip()
      }
      server = createServer((socket) => socket.end('hello'))
      port = await new Promise((resolve) => {
        server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port))
      })
    })
    after(async () => {
      await filter.remove()
      server?.close()
    })

    /** `hello`, or the code of the error. */
    const connectAs = async (uid: number, where: string) => {
      const script = `const s = require('node:net').connect(${where}); s.setTimeout(700, () => s.destroy(new Error('silence')))
        s.on('data', (d) => console.log(String(d))); s.on('error', (e) => console.log(e.code ?? e.message))`
      const args = ['--reuid', `${uid}`, '--regid', `${uid}`, '--clear-groups', process.execPath, '-e', script]
      return (await runCommand({ file: '/usr/bin/setpriv', args, cwd: '/' })).stdout.toString().trim()
    }
    const here = () => `{ host: '127.0.0.1', port: ${port} }`
    const elsewhere = (toPort: number) => `{ host: '${ELSEWHERE}', port: ${toPort} }`

    it('opens a port of this machine to whom it is for, and to nobody else of the yard', async () => {
      const plan = { uids: [FIRST, FIRST + 9] as const, closed: [CLOSED], everywhere: [3306] }
      await filter.apply({ ...plan, ways: [] })
      assert.equal(await connectAs(OPEN, here()), 'ECONNREFUSED')
      await filter.apply({ ...plan, ways: [{ uid: OPEN, port }] })
      assert.equal(await connectAs(OPEN, here()), 'hello')
      assert.equal(await connectAs(CLOSED, here()), 'ECONNREFUSED')
    })

    it('leaves everybody else alone', async () => {
      assert.equal(await connectAs(OTHER, here()), 'hello')
    })

    it('refuses other machines at once to whom is closed, but for the database', async () => {
      assert.equal(await connectAs(CLOSED, elsewhere(80)), 'ECONNREFUSED')
      const unfiltered = await connectAs(OTHER, elsewhere(80))
      assert.equal(await connectAs(OPEN, elsewhere(80)), unfiltered)
      assert.equal(await connectAs(CLOSED, elsewhere(3306)), await connectAs(OTHER, elsewhere(3306)))
    })

    it('is gone when it is taken away', async () => {
      await filter.remove()
      assert.equal(await connectAs(CLOSED, here()), 'hello')
    })
  })
})
