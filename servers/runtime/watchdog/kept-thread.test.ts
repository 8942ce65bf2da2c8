import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { bootEdgeServer, letServe, type ServingEdgeServer, startEdgeServer } from '../../testing/edge-server.ts'
import { createSandboxFolder, type SandboxFolder } from '../../testing/sandbox-folder.ts'

/** Counts the threads that are started after it was loaded. */
const SCRIPT = `let threads = 0
require('node:diagnostics_channel').subscribe('worker_threads', () => { threads++ })
module.exports.default = {
  fetch(req) {
    if (req.path === '/loop') while (true) {}
    return { body: String(threads) }
  },
}
`

describe("the watchdog's thread", () => {
  let sandbox: SandboxFolder
  let server: ServingEdgeServer

  const threads = async () => (await fetch(server.url)).text()
  const stopsLoop = async () => {
    const reply = await fetch(`${server.url}/loop`)
    assert.equal(reply.status, 500)
    await server.log.until(new RegExp(`was stopped.*${reply.headers.get('x-request-id')}`))
  }

  before(async () => {
    sandbox = await createSandboxFolder({ script: SCRIPT, edge: 'cpu_limit 50ms 150ms;' })
  })
  afterEach(() => server.kill())
  after(() => sandbox.remove())

  it('is started by the first event', async () => {
    server = await startEdgeServer(sandbox.prefix)
    await threads()
    assert.equal(await threads(), '1')
    await stopsLoop()
  })

  it('is there before the first event, and kept for the next one, in a process that has waited for its release', async () => {
    const waiting = bootEdgeServer(sandbox.prefix, {}, true)
    waiting.begin(sandbox.prefix)
    server = await letServe(waiting)
    await stopsLoop()
    await untilNobodyLooks(server.pid)
    await stopsLoop()
    assert.equal(await threads(), '0')
  }).timeout(30_000)
})

/** Of all threads but the first: who looks goes to sleep many times a second. */
async function untilNobodyLooks(pid: number): Promise<void> {
  const sleeps = () =>
    readdirSync(`/proc/${pid}/task`)
      .filter((id) => id !== String(pid))
      .map(
        (id) => /^voluntary_ctxt_switches:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/task/${id}/status`, 'utf8'))![1],
      )
      .join(' ')
  for (let before = ''; before !== sleeps(); ) {
    before = sleeps()
    await new Promise((resolve) => setTimeout(resolve, 500))
  }
}
