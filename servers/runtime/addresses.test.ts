// Every kind of address that a conf can listen on, in one server.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { request } from 'node:http'
import { request as requestTls } from 'node:https'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { bootEdgeServer, type EdgeServer, runEdgeServer, startEdgeServer } from '../testing/edge-server.ts'
import { createSandboxFolder, type SandboxFolder } from '../testing/sandbox-folder.ts'
import { CERTIFICATE, KEY } from '../transport/contract/test-certificate.ts'

const conf = (engine: string, prefix: string, answer: string) => `error_log stderr notice;
edge {
  engine ${engine};
  server {
    listen 127.0.0.1:0 ssl;
    ssl_certificate conf/cert.pem;
    ssl_certificate_key conf/key.pem;
    listen unix:${prefix}/run/edge.sock;
    location / { return 200 ${answer}; }
  }
}
`

for (const engine of ['uws', 'node'] as const) {
  describe(`the addresses of a conf (${engine})`, () => {
    let sandbox: SandboxFolder
    const servers: EdgeServer[] = []
    beforeEach(async () => {
      const files = { 'conf/cert.pem': CERTIFICATE, 'conf/key.pem': KEY, 'run/here': '' }
      sandbox = await createSandboxFolder({ files })
      await sandbox.write('conf/server.conf', conf(engine, sandbox.prefix, 'first'))
    })
    afterEach(async () => {
      await Promise.all(servers.splice(0).map((server) => server.kill()))
      await sandbox.remove()
    })

    it('are TLS on a port, whose files are named from the prefix, and a Unix socket, which the next release takes over', async () => {
      const old = await startEdgeServer(sandbox.prefix)
      servers.push(old)
      const path = join(sandbox.prefix, 'run/edge.sock')
      assert.equal(await ask({ port: old.port }), 'first')
      assert.equal(await ask({ path }), 'first')
      await sandbox.write('conf/server.conf', conf(engine, sandbox.prefix, 'second'))
      const next = await startEdgeServer(sandbox.prefix)
      servers.push(next)
      old.signal('SIGQUIT')
      assert.deepEqual(await old.ended, { code: 0, signal: null })
      assert.equal(await ask({ path }), 'second')
      next.signal('SIGQUIT')
      await next.ended
      assert.equal(existsSync(path), false)
    })

    it('are refused while somebody else is at the Unix socket and no supervisor says that it is to be taken over', async () => {
      const holder = createServer().listen(join(sandbox.prefix, 'run/edge.sock'))
      await once(holder, 'listening')
      try {
        const { code, stderr } = await runEdgeServer(['-p', sandbox.prefix])
        assert.equal(code, 1)
        assert.match(stderr, /Cannot listen on unix:.*edge\.sock: another program holds it/)
      } finally {
        holder.close()
      }
    })

    it('are refused before the server is ready when the certificate is not what it should be', async () => {
      await sandbox.write('conf/key.pem', 'no key')
      const server = bootEdgeServer(sandbox.prefix)
      servers.push(server)
      const message = await server.heard()
      assert.equal(message.type, 'failed')
      assert.equal(message.type === 'failed' && message.failure.code, 'TLS_INVALID')
      await server.log.until(/Cannot use the TLS certificate ".*cert\.pem" with the key ".*key\.pem"/)
    })

    it('keep what they were made with over a reload, which says so', async () => {
      const server = await startEdgeServer(sandbox.prefix)
      servers.push(server)
      const changed = conf(engine, sandbox.prefix, 'second').replace(
        'server {',
        'server { keepalive_timeout 5s; ssl_protocols TLSv1.2;',
      )
      await sandbox.write('conf/server.conf', changed)
      server.signal('SIGHUP')
      assert.match(await server.log.until(/reloaded/), /restart: keepalive_timeout, ssl_protocols$/)
      assert.equal(await ask({ port: server.port }), 'second')
    })
  })
}

function ask(where: { port: number } | { path: string }): Promise<string> {
  return new Promise((resolve, reject) => {
    const asked =
      'port' in where
        ? requestTls({ ...where, agent: false, rejectUnauthorized: false })
        : request({ socketPath: where.path, agent: false })
    asked.on('response', (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (piece) => {
        text += piece
      })
      response.on('end', () => resolve(text))
    })
    asked.on('error', reject)
    asked.end()
  })
}
