// Runs a bundled edge-server once, with a script that uses all of it, so that V8's compiled code is kept beside it: a sandbox sees
// the program read-only, and could not keep its own.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

/** A build must not hang; a server that does not start makes it fail where the tests say why. */
const TIMEOUT_MS = 20_000

const SCRIPT = `module.exports.default = {
  async fetch(req, ctx) {
    ctx.log.info('request', { path: req.path })
    await ctx.mysql.query('SELECT ?', [1]).catch(() => {})
    return { body: String(await ctx.redis.call('GET', 'key')) }
  },
}`

/** `program` is the bundled main.cjs. Best effort: without the code kept, servers start as well, 30 ms later. */
export async function warmUp(program, nodeFlags) {
  const folder = mkdtempSync(join(tmpdir(), 'edgeyard-warm-up-'))
  const redis = await answering('+OK\r\n')
  const mysql = await answering('')
  const collector = await answering('', join(folder, 'log.sock'))
  mkdirSync(join(folder, 'build/src'), { recursive: true })
  mkdirSync(join(folder, 'conf'))
  writeFileSync(join(folder, 'build/src/main.js'), SCRIPT)
  writeFileSync(
    join(folder, 'conf/server.conf'),
    `error_log server.log info; error_log syslog:server=unix:${folder}/log.sock,tag=warm info; pid server.pid; events {}
     edge { redis main 127.0.0.1:${redis.address().port}; mysql main 127.0.0.1:${mysql.address().port} test;
       server { listen 127.0.0.1:0; location / { script src/main.ts; } } }`,
  )
  const args = [...nodeFlags, program, '-p', folder, '--channel']
  const env = { PATH: process.env.PATH, NODE_ENV: 'production' }
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'ignore', 'pipe'], env })
  const ended = once(child, 'exit')
  const timer = setTimeout(() => child.kill('SIGKILL'), TIMEOUT_MS)
  try {
    for await (const line of createInterface({ input: child.stdio[3] })) {
      const { type, port } = JSON.parse(line)
      if (type === 'ready') child.stdio[3].write('{"type":"listen"}\n')
      if (type !== 'listening') continue
      await ask(port)
      break
    }
    child.kill('SIGTERM')
    await ended
  } finally {
    clearTimeout(timer)
    for (const server of [redis, mysql, collector]) server.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** A server that answers whatever it is told, or hangs up when there is no answer. `path`: on a Unix socket, where nobody answers. */
async function answering(answer, path) {
  const server = createServer((socket) => {
    socket.on('error', () => {})
    if (path !== undefined) socket.resume()
    else if (answer === '') socket.destroy()
    // One answer for each command: in Redis' protocol, a command begins with its number of parts.
    else socket.on('data', (data) => socket.write(answer.repeat(String(data).match(/^\*\d+\r$/gm)?.length ?? 0)))
  })
  server.listen(path ?? { port: 0, host: '127.0.0.1' })
  await once(server, 'listening')
  return server
}

async function ask(port) {
  const sent = request({ host: '127.0.0.1', port, agent: false })
  sent.end()
  const [response] = await once(sent, 'response')
  response.resume()
  await once(response, 'end')
}
