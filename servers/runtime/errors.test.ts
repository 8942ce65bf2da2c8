import assert from 'node:assert/strict'
import { request } from 'node:http'
import { bootEdgeServer, type ServingEdgeServer, startEdgeServer } from '../testing/edge-server.ts'
import { createSandboxFolder, type SandboxFolder } from '../testing/sandbox-folder.ts'

const SCRIPT = `Promise.reject(new Error('while loading'))
const routes = {
  '/sync': () => { throw new TypeError('thrown at once') },
  '/async': async () => { await null; throw new Error('thrown later', { cause: new RangeError('the root', { cause: 'and more' }) }) },
  '/string': () => { throw 'only text' },
  '/object': () => Promise.reject({ code: 7, nested: { deep: [1, 2] } }),
  '/null': () => { throw null },
  '/many': () => Promise.any([Promise.reject(new Error('first of many')), Promise.reject(new Error('second of many'))]),
  '/mean': () => { const e = new Error('x'); Object.defineProperty(e, 'message', { get() { throw 1 } }); throw e },
  '/stray': () => { setTimeout(() => { throw new Error('from a timer') }); Promise.reject(new Error('from a promise')); return { body: 'ok' } },
  '/after': (req, ctx) => { ctx.after(Promise.reject(new Error('from a job'))); return { body: 'ok' } },
  '/late': () => new Response(new ReadableStream({
    pull(c) { if (this.sent) throw new Error('in the middle'); this.sent = true; c.enqueue(new TextEncoder().encode('x'.repeat(100))) },
  })),
  '/logged': (req, { log }) => { log.error(new Error('logged by hand'), { n: 5n, error: new Error('a field') }); return { body: 'ok' } },
  '/custom': () => { throw Object.assign(new Error('for the hook'), { custom: true }) },
  '/worse': () => { throw Object.assign(new Error('for the bad hook'), { worse: true }) },
}
module.exports.default = {
  fetch(req, ctx) { return (routes[req.path] ?? (() => ({ body: 'fine' })))(req, ctx) },
  error(error) {
    if (error.custom) return { status: 418, headers: { 'X-Request-Id': 'my own' }, body: 'handled' }
    if (error.worse) throw new Error('the hook itself')
  },
  log() {},
}`

describe('what a script throws', () => {
  let sandbox: SandboxFolder
  let server: ServingEdgeServer
  const get = (path: string) => fetch(server.url + path)
  /** Everything that was logged for one request. */
  const recordOf = async (id: string) => {
    await server.log.until(new RegExp(id))
    assert.equal(await (await get('/')).text(), 'fine', 'the worker lives')
    const lines = server.log.all()
    assert.equal(lines.filter((line) => line.includes(id)).length, 1, 'logged once')
    const start = lines.findIndex((line) => line.includes(id))
    const end = lines.findIndex((line, index) => index > start && !line.startsWith(' '))
    return lines.slice(start, end === -1 ? undefined : end).join('\n')
  }

  before(async () => {
    sandbox = await createSandboxFolder({ script: SCRIPT })
    server = await startEdgeServer(sandbox.prefix)
  })
  after(async () => {
    await server.kill()
    await sandbox.remove()
  })

  for (const [path, ...parts] of [
    [
      '/sync',
      'TypeError: thrown at once',
      'phase: fetch',
      'client: 127.0.0.1',
      'server: localhost',
      'GET /sync',
      'main.js:3:',
    ],
    ['/async', 'Error: thrown later', 'caused by: RangeError: the root', 'caused by: and more'],
    ['/string', 'only text'],
    ['/object', 'code: 7', 'deep: [ 1, 2 ]'],
    ['/null', 'null'],
    ['/many', 'error 1 of 2: Error: first of many', 'error 2 of 2: Error: second of many'],
    ['/mean', 'throws itself when it is looked at'],
  ] as const) {
    it(`is logged once in full and answered with 500: ${path}`, async () => {
      const reply = await get(path)
      assert.equal(reply.status, 500)
      const record = await recordOf(reply.headers.get('x-request-id')!)
      for (const part of parts) assert.ok(record.includes(part), `${part} in ${record}`)
      assert.ok(!(await reply.text()).includes('thrown'))
    })
  }

  it('does not end the worker when nobody waits for it', async () => {
    await server.log.until(/Error: while loading/)
    await get('/stray')
    await server.log.until(/Error: from a timer/)
    await server.log.until(/Error: from a promise/)
    await get('/after')
    await server.log.until(/Error: from a job/)
    assert.equal((await get('/')).status, 200)
  })

  it('cuts the connection when the headers were sent already', async () => {
    await assert.rejects(readToEnd(`${server.url}/late`))
    assert.ok((await server.log.until(/in the middle/)).includes('after the headers were sent'))
  })

  it('is given to the error hook, whose reply is sent; a hook that throws leaves the page', async () => {
    const handled = await get('/custom')
    assert.deepEqual([handled.status, await handled.text()], [418, 'handled'])
    assert.equal(handled.headers.get('x-request-id'), 'my own')
    await server.log.until(/for the hook/)
    assert.equal((await get('/worse')).status, 500)
    await server.log.until(/Error: the hook itself/)
  })

  it('can be logged by hand, with a stack, and with what JSON does not know', async () => {
    const reply = await get('/logged')
    const record = await recordOf(reply.headers.get('x-request-id')!)
    for (const part of ['Error: logged by hand', 'main.js:15:', 'n: 5', 'a field']) {
      assert.ok(record.includes(part), `${part} in ${record}`)
    }
  })
})

describe('a script that cannot start', () => {
  for (const [title, script, code, phase, message] of [
    ['throws at its top level', '\nthrow new Error("top")', 'SCRIPT_THREW', 'script', /^Error: top$/],
    ['has a syntax error', '\nlet x = ;', 'SCRIPT_THREW', 'script', /^SyntaxError/],
    [
      'rejects in start',
      '\nmodule.exports.default = { fetch() {}, async start() { throw new Error("no") } }',
      'SCRIPT_START_FAILED',
      'start',
      /^Error: no$/,
    ],
    ['has no default export', 'module.exports.fetch = 1', 'SCRIPT_INVALID', 'script', /no default export/],
    [
      'has a hook that is no function',
      'module.exports.default = { fetch: 1 }',
      'SCRIPT_INVALID',
      'script',
      /"fetch" is not a function/,
    ],
    [
      'has no hook that answers',
      'module.exports.default = { fecth() {} }',
      'SCRIPT_INVALID',
      'script',
      /did you mean "fetch" by "fecth"/,
    ],
    ['requires what is not there', '\nrequire("lodash")', 'SCRIPT_THREW', 'script', /Cannot require "lodash"/],
  ] as const) {
    it(`is told with its place when it ${title}`, async () => {
      const sandbox = await createSandboxFolder({ script })
      const server = bootEdgeServer(sandbox.prefix)
      try {
        const message_ = await server.heard()
        assert.equal(message_.type, 'failed')
        const { failure } = message_ as Extract<typeof message_, { type: 'failed' }>
        assert.deepEqual([failure.code, failure.phase], [code, phase])
        assert.match(failure.message, message)
        if (script.startsWith('\n')) assert.deepEqual([failure.at?.file, failure.at?.line], ['build/src/main.js', 2])
        assert.deepEqual(await server.ended, { code: 1, signal: null })
        await server.log.until(/^edge-server: \[emerg\]/)
      } finally {
        await server.kill()
        await sandbox.remove()
      }
    })
  }
})

function readToEnd(url: string): Promise<void> {
  return new Promise((resolve, reject) => {
    request(url, (response) => {
      response.resume()
      response.on('end', resolve)
      response.on('error', reject)
    })
      .on('error', reject)
      .end()
  })
}
