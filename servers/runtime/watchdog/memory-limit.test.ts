import assert from 'node:assert/strict'
import { startEdgeServer } from '../../testing/edge-server.ts'
import { createSandboxFolder, type SandboxContent } from '../../testing/sandbox-folder.ts'

const SCRIPT = `const kept = []
module.exports.default = {
  fetch(req) {
    if (req.path === '/some') kept.push(Buffer.alloc(150 * 2 ** 20, 1))
    if (req.path === '/leak') for (;;) kept.push(Buffer.alloc(2 ** 20, 1))
    if (req.path === '/objects') for (;;) kept.push(new Array(1e4))
    return { body: String(process.pid) }
  },
}`

async function withServer(
  content: SandboxContent,
  work: (server: Awaited<ReturnType<typeof startEdgeServer>>) => Promise<void>,
  env: Record<string, string> = {},
) {
  const sandbox = await createSandboxFolder({ script: SCRIPT, ...content })
  const server = await startEdgeServer(sandbox.prefix, env)
  try {
    await work(server)
  } finally {
    await server.kill()
    await sandbox.remove()
  }
}

describe('memory_limit', () => {
  it('asks the supervisor for another process past the soft limit, and serves on', () =>
    withServer({ edge: 'memory_limit 150m 2g;' }, async (server) => {
      await fetch(`${server.url}/some`)
      assert.deepEqual(await server.heard(), { type: 'replace', why: 'memory' })
      assert.match(await server.log.until(/asks to be replaced/), /\[warn\].*memory_limit 150m/)
      assert.equal((await fetch(server.url)).status, 200)
    }))

  it('ends the process past the hard limit, and says where it was', () =>
    withServer({ edge: 'memory_limit 0 300m; cpu_limit 0 0;' }, async (server) => {
      await assert.rejects(fetch(`${server.url}/leak`))
      assert.deepEqual(await server.ended, { code: 123, signal: null })
      await server.log.until(/\[emerg\] The process has \d{3} MiB of memory \(memory_limit 300m\)/)
      await server.log.until(/main\.js:5:/)
    }))

  for (const engine of ['uws', 'node']) {
    it(`ends a process that fills V8's heap, with one record (${engine})`, () =>
      withServer({ edge: `engine ${engine}; memory_limit 0 300m; cpu_limit 0 0;` }, async (server) => {
        await assert.rejects(fetch(`${server.url}/objects`))
        assert.deepEqual(await server.ended, { code: 123, signal: null })
        await server.log.until(/main\.js:6:/)
        assert.equal(server.log.all().filter((line) => line.includes('[emerg]')).length, 1)
      }))

    it(`of 0 leaves the last word to V8, which says that its heap is full (${engine})`, () =>
      withServer(
        { edge: `engine ${engine}; memory_limit 0 0; cpu_limit 0 0;` },
        async (server) => {
          await assert.rejects(fetch(`${server.url}/objects`))
          await server.ended
          // A supervisor knows it by this.
          await server.log.until(/^FATAL ERROR: .*JavaScript heap out of memory$/)
        },
        { NODE_OPTIONS: '--max-old-space-size=64' },
      ))
  }

  it('of a worker is the business of its master: another takes over', () =>
    withServer({ edge: 'memory_limit 150m 2g;', workers: 2 }, async (server) => {
      const pids = async () => {
        const found = new Set<string>()
        while (found.size < 2) found.add(await (await fetch(server.url, { headers: { connection: 'close' } })).text())
        return found
      }
      const before = await pids()
      const big = await (await fetch(`${server.url}/some`)).text()
      assert.ok(before.has(big))
      await server.log.until(/asks to be replaced/)
      while ((await pids()).has(big));
    }))
})
