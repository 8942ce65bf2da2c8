import assert from 'node:assert/strict'
import { bootEdgeServer, type ServingEdgeServer, startEdgeServer } from '../../testing/edge-server.ts'
import { createSandboxFolder, type SandboxFolder } from '../../testing/sandbox-folder.ts'

const GOOD = `module.exports.default = { fetch: () => ({ body: 'good' }) }`
const ENDLESS_TOP = `const from = 1
function spin() { for (;;); }
spin()
module.exports.default = { fetch: () => ({ body: 'never' }) }`
const ENDLESS_START = `module.exports.default = {
  start(w) {
    while (true) {}
  },
  fetch: () => ({ body: 'never' }),
}`

/** What a server says that does not get ready. */
async function failureOf(script: string, workers = 1) {
  const sandbox = await createSandboxFolder({ script, workers, edge: 'cpu_limit 100ms 300ms;' })
  const server = bootEdgeServer(sandbox.prefix)
  try {
    const message = await server.heard()
    assert.equal(message.type, 'failed')
    assert.equal((await server.ended).code, 1)
    return message.failure
  } finally {
    await server.kill()
    await sandbox.remove()
  }
}

describe('a script that never ends while it is loaded', () => {
  it('is no start: the failure names the line, of its top level and of its start hook', async () => {
    const [top, start] = await Promise.all([failureOf(ENDLESS_TOP), failureOf(ENDLESS_START)])
    assert.equal(top.code, 'SCRIPT_CPU_LIMIT')
    assert.match(top.stack ?? '', /spin .*main\.js:2:/)
    assert.match(top.stack ?? '', /main\.js:3:/)
    assert.equal(start.code, 'SCRIPT_CPU_LIMIT')
    assert.match(start.stack ?? '', /start .*main\.js:3:/)
  })

  it('is loaded at the second attempt when the first was only slow', async () => {
    const marker = 'globalThis.again'
    const sandbox = await createSandboxFolder({ script: `if (!${marker}) { ${marker} = true; for (;;); }\n${GOOD}` })
    const server = await startEdgeServer(sandbox.prefix)
    try {
      assert.equal(await (await fetch(server.url)).text(), 'good')
    } finally {
      await server.kill()
      await sandbox.remove()
    }
  })

  describe('beside one that serves', () => {
    let sandbox: SandboxFolder
    let server: ServingEdgeServer
    const start = async (codeCache: string) => {
      sandbox = await createSandboxFolder({ script: GOOD, edge: `cpu_limit 100ms 300ms; code_cache ${codeCache};` })
      server = await startEdgeServer(sandbox.prefix)
    }
    const text = async () => (await fetch(server.url)).text()
    afterEach(async () => {
      await server.kill()
      await sandbox.remove()
    })

    for (const [what, script, line] of [
      ['top level', ENDLESS_TOP, 'main.js:2:'],
      ['start hook', ENDLESS_START, 'main.js:3:'],
    ] as const) {
      it(`changes nothing on a reload, and is named (${what})`, async () => {
        await start('on')
        await sandbox.writeScript(script)
        server.signal('SIGHUP')
        await server.log.until(/stopped: it has held up .*\(reload failed, nothing has changed\)/)
        assert.equal(await text(), 'good')
        await server.log.until(new RegExp(line.replaceAll('.', '\\.')))
        await sandbox.writeScript(GOOD.replace("'good'", "'better'"))
        server.signal('SIGHUP')
        await server.log.until(/ reloaded/)
        assert.equal(await text(), 'better')
      })

      it(`leaves the last good code where it is with "code_cache stat" (${what})`, async () => {
        await start('stat')
        assert.equal(await text(), 'good')
        await sandbox.writeScript(script)
        // Whoever comes first pays for it.
        for (let i = 0; i < 20; i++) await text()
        assert.equal(await text(), 'good')
        await server.log.until(new RegExp(line.replaceAll('.', '\\.')))
        await sandbox.writeScript(GOOD.replace("'good'", "'better'"))
        while ((await text()) !== 'better');
      })
    }
  })
})
