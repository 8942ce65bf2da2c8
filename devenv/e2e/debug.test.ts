// A developer's debugger reaches the developer's own sandbox through ssh, and nobody else's; no port is opened for it.
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, rmSync, symlinkSync } from 'node:fs'
import { get } from 'node:http'
import { connect } from 'node:net'
import { join } from 'node:path'
import { run, sharedYard, type TestYard, until } from './yard.ts'

describe('a debugger of a sandbox', function () {
  this.timeout(60_000)
  let yard: TestYard
  const forwarders: ChildProcess[] = []

  before(async () => {
    yard = await sharedYard()
  })
  after(async () => {
    for (const forwarder of forwarders) {
      forwarder.kill()
      if (forwarder.exitCode === null && forwarder.signalCode === null) await once(forwarder, 'exit')
    }
  })

  /** `ssh -L` of a developer; resolves with the socket on the developer's side. */
  async function forward(developer: string, target: string): Promise<string> {
    const { ssh } = await yard.status()
    const path = join(yard.folder, `${developer}-${target}.sock`)
    const [program = '', ...options] = yard.gitEnvironment(developer).GIT_SSH_COMMAND!.split(' ')
    const args = [
      '-N',
      '-o',
      'ExitOnForwardFailure=yes',
      '-L',
      `${path}:${target}:9229`,
      '-p',
      `${ssh.port}`,
      `git@${ssh.host}`,
    ]
    forwarders.push(spawn(program, [...options, ...args], { stdio: 'ignore' }))
    await until(`ssh listens for ${target}`, () => existsSync(path))
    return path
  }

  async function targets(path: string): Promise<{ title: string }[]> {
    const [response] = await once(
      get({ socketPath: path, path: '/json/list', headers: { host: 'localhost:9229' } }),
      'response',
    )
    let text = ''
    for await (const piece of response) text += piece
    return JSON.parse(text)
  }

  /** What a connection was sent before its end. */
  async function received(path: string): Promise<string> {
    const socket = connect(path)
    let text = ''
    socket.on('data', (piece) => {
      text += piece
    })
    socket.on('error', () => {})
    socket.write('GET /json/list HTTP/1.1\r\nHost: localhost\r\n\r\n')
    await new Promise((resolve) => socket.on('close', resolve))
    return text
  }

  it("reaches the developer's own, and master's key reaches everybody's", async () => {
    const [own] = await targets(await forward('dev1', 'socketserver'))
    assert.equal(own?.title, 'socketserver dev1')
    await yard.do('debug', 'dtserver', 'dev2')
    assert.ok(existsSync(join(yard.root, 'dtserver/dev2/run/debug.sock')))
  })

  it("does not reach anybody else's, nor anything that is no sandbox", async () => {
    for (const target of ['socketserver.dev2', 'localhost', 'httpserver', 'socketserver.dev1.x']) {
      assert.equal(await received(await forward('dev1', target)), '', target)
    }
  })

  it('leads nowhere when the script has put a link in the place of its socket', async () => {
    const own = join(yard.root, 'dtserver/dev1/run/debug.sock')
    const path = await forward('dev1', 'dtserver')
    // On a busy machine the sandbox may not be ready for a debugger in time; then the next try is.
    await until('it leads somewhere', () => targets(path).catch(() => null))
    // It goes by itself when nobody debugs any more.
    rmSync(own, { force: true })
    symlinkSync(join(yard.root, 'run/control.sock'), own)
    try {
      assert.equal(await received(path), '')
    } finally {
      rmSync(own)
    }
  })

  it('is explained to the operator and to the developer, with what to type', async () => {
    const { stdout } = await yard.do('debug', 'socketserver', 'dev1')
    assert.match(stdout, /ssh -N -p \d+ -L 9229:socketserver\.dev1:9229 git@127\.0\.0\.1/)
    const { ssh } = await yard.status()
    const [program = '', ...options] = yard.gitEnvironment('dev1').GIT_SSH_COMMAND!.split(' ')
    const asked = await run(program, [...options, '-p', `${ssh.port}`, `git@${ssh.host}`, 'debug socketserver'])
    assert.match(asked.stdout, /-L 9229:socketserver:9229/)
    const unknown = await yard.cli('debug', 'socketserver', 'nobody')
    assert.equal(unknown.exitCode, 1)
  })
})
