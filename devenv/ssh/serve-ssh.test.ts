import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { type EventEmitter, once } from 'node:events'
import { readFile, rename, stat, watch, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import ssh2, { type Client, type ClientChannel } from 'ssh2'
import { removeDeveloper } from '../developers/developers.ts'
import { until } from '../e2e/yard.ts'
import { runOk } from '../exec/run-command.ts'
import * as limits from './limits.ts'
import { LOGGED_OUT } from './log-out.ts'
import { serveSsh } from './serve-ssh.ts'
import { createSshYard, type SshYard } from './ssh-yard.fixture.ts'

const SHOW_ENV = 'cat >/dev/null; env | sort >&2'

describe('serveSsh', () => {
  let yard: SshYard
  afterEach(() => yard.close())

  describe('with git', () => {
    it('takes a push and gives a clone, with a clean environment for the hooks', async () => {
      yard = await createSshYard({ hook: SHOW_ENV })
      const tree = await yard.workTree('tree', { 'a.txt': 'hello' })
      const push = await yard.git('ana', ['push', yard.url('socketserver'), 'HEAD:refs/heads/ana'], tree, {
        GIT_SSH_VARIANT: 'ssh',
      })
      assert.equal(push.exitCode, 0, push.stderr)
      const env = new Map(
        [...push.stderr.matchAll(/^remote: (\w+)=(.*?)\s*$/gm)].map((match) => [match[1] ?? '', match[2] ?? '']),
      )
      assert.equal(env.get('EDGEYARD_DEVELOPER'), 'ana')
      assert.equal(env.get('EDGEYARD_ROOT'), yard.layout.root)
      assert.equal(env.get('GIT_PROTOCOL'), undefined)
      const others = [...env.keys()].filter(
        (name) => !/^(EDGEYARD_\w+|GIT_\w+|PATH|HOME|LANG|PWD|OLDPWD|SHLVL|_)$/.test(name),
      )
      assert.deepEqual(others, [])
      const clone = await yard.git('bob', ['clone', '-q', '-b', 'ana', `${yard.url('socketserver')}.git`, 'clone'])
      assert.equal(clone.exitCode, 0, clone.stderr)
      assert.equal(await readFile(join(yard.folder, 'clone', 'a.txt'), 'utf8'), 'hello')
    })

    it('knows a developer by the key, whatever the user name, and whichever key was offered first', async () => {
      yard = await createSshYard({ hook: SHOW_ENV })
      const tree = await yard.workTree('tree', { 'a.txt': 'hello' })
      const pushed = await yard.git(
        'bob',
        ['push', yard.url('socketserver').replace('git@', 'ana@'), 'HEAD:refs/heads/x'],
        tree,
      )
      assert.match(pushed.stderr, /EDGEYARD_DEVELOPER=bob/)
    })

    it("is not fooled by another's public key beside one's own private key", async () => {
      yard = await createSshYard()
      const { stderr, exitCode } = await yard.ssh(
        'stranger',
        ['status'],
        [...['-o', `IdentityFile=${join(yard.folder, 'ana.pub')}`]],
      )
      assert.equal(exitCode, 255)
      assert.match(stderr, /Permission denied \(publickey\)/)
    })

    it('carries megabytes both ways', async () => {
      yard = await createSshYard()
      const big = randomBytes(12 * 1024 * 1024)
      const tree = await yard.workTree('tree', { big })
      const push = await yard.git('ana', ['push', '-q', yard.url('socketserver'), 'HEAD:refs/heads/ana'], tree)
      assert.equal(push.exitCode, 0, push.stderr)
      const clone = await yard.git('ana', ['clone', '-q', '-b', 'ana', yard.url('socketserver'), 'clone'])
      assert.equal(clone.exitCode, 0, clone.stderr)
      assert.ok(big.equals(await readFile(join(yard.folder, 'clone', 'big'))))
    })

    it('says why a push is refused, and that there is no such repository', async () => {
      yard = await createSshYard({ hook: 'echo "src/main.ts:1:2: no" >&2; exit 1' })
      const tree = await yard.workTree('tree', { 'a.txt': 'hello' })
      const push = await yard.git('ana', ['push', yard.url('socketserver'), 'HEAD:refs/heads/ana'], tree)
      assert.match(push.stderr, /remote: src\/main\.ts:1:2: no/)
      assert.equal(push.exitCode, 1)
      for (const name of ['other', '../socketserver', '%2e%2e/socketserver', "x'$(id)'", '--help']) {
        const { stderr, exitCode } = await yard.git('ana', ['ls-remote', yard.url(name)])
        assert.equal(exitCode, 128)
        assert.match(stderr, /edgeyard: (there is no such repository; there are serverctrl|shell access)/, name)
      }
    })

    it('lets a push run to its end when its client is killed in the middle of the hook', async () => {
      yard = await createSshYard({
        hook: [
          'cat >/dev/null',
          'touch "$EDGEYARD_ROOT/run/begun"',
          'while [ ! -e "$EDGEYARD_ROOT/run/go" ]; do sleep 0.02; done',
          'i=0; while [ $i -lt 2000 ]; do echo "a line that nobody reads any more $i" >&2; i=$((i+1)); done',
        ].join('\n'),
      })
      const tree = await yard.workTree('tree', { 'a.txt': 'hello' })
      const begun = appears(yard.layout.run, 'begun')
      const client = join(yard.folder, 'client')
      await writeFile(client, `#!/bin/sh\necho $$ > ${client}.pid\nexec ssh ${yard.sshArgs('ana').join(' ')} "$@"\n`, {
        mode: 0o755,
      })
      const push = yard.git('ana', ['push', yard.url('socketserver'), 'HEAD:refs/heads/ana'], tree, {
        GIT_SSH_COMMAND: client,
      })
      await begun
      process.kill(Number(await readFile(`${client}.pid`, 'utf8')), 'SIGKILL')
      assert.notEqual((await push).exitCode, 0)
      const ended = recorded(yard, /receive-pack/)
      await runOk({ file: 'touch', args: [join(yard.layout.run, 'go')] })
      assert.equal((await ended).fields.exitCode, 0)
      const head = await runOk({ file: 'git', args: ['rev-parse', 'HEAD'], cwd: tree })
      const ref = await runOk({
        file: 'git',
        args: ['--git-dir', yard.layout.repository('socketserver'), 'rev-parse', 'ana'],
      })
      assert.equal(String(ref.stdout), String(head.stdout))
    })
  })

  describe('with ssh', () => {
    it('shows a developer their own sandboxes, and master all', async () => {
      yard = await createSshYard()
      const own = String((await yard.ssh('ana', ['status'])).stdout)
      assert.match(own, /ana +socketserver/)
      assert.doesNotMatch(own, /bob/)
      assert.match(String((await yard.ssh('master', ['status'])).stdout), /ana.*bob/s)
    })

    it('restarts, stops and starts only what belongs to the key', async () => {
      yard = await createSshYard()
      const { stdout, exitCode } = await yard.ssh('bob', ['restart', 'socketserver'])
      assert.equal(String(stdout), 'restart begins\nsocketserver of bob is ready, release abc\n')
      assert.equal(exitCode, 0)
      await yard.ssh('bob', ['stop dtserver'])
      await yard.ssh('bob', ['start dtserver'])
      assert.equal((await yard.ssh('bob', ['restart', 'socketserver', 'ana'])).exitCode, 1)
      assert.deepEqual(yard.asked, [
        ['restart', { server: 'socketserver', developer: 'bob' }],
        ['stop', { server: 'dtserver', developer: 'bob' }],
        ['start', { server: 'dtserver', developer: 'bob' }],
      ])
    })

    it('gives no shell, no command, no subsystem, no terminal, no forwarding', async () => {
      yard = await createSshYard()
      for (const command of [[], ['id'], ['sh -c id'], ['status; id']]) {
        const { stdout, stderr, exitCode } = await yard.ssh('ana', command)
        assert.match(stderr, /edgeyard: shell access is not given; push with git, or use:\n +status /)
        assert.equal(String(stdout), '')
        assert.equal(exitCode, 1)
      }
      const table: [string[], string[], RegExp][] = [
        [['sftp'], ['-s'], /subsystem request failed/],
        [['status'], ['-tt'], /PTY allocation request failed/],
        [['status'], ['-o', 'ExitOnForwardFailure=yes', '-R', '0:127.0.0.1:1'], /remote port forwarding failed/],
        [[], ['-W', '127.0.0.1:22'], /stdio forwarding failed/],
      ]
      for (const [command, more, message] of table) {
        const { stderr } = await yard.ssh('ana', command, more)
        assert.match(stderr, message, more.join(' ') + stderr)
      }
    })

    it('refuses a key that is not known, a removed one, and every way in that is not a key', async () => {
      yard = await createSshYard()
      const stranger = await yard.ssh('stranger', ['status'])
      assert.match(stranger.stderr, /Permission denied \(publickey\)/)
      const password = await yard.ssh(
        'stranger',
        ['status'],
        ['-o', 'PreferredAuthentications=password,keyboard-interactive'],
      )
      assert.match(password.stderr, /Permission denied \(publickey\)/)
      await runOk({ file: 'rm', args: [yard.layout.keysOf('ana')] })
      assert.equal((await yard.ssh('ana', ['status'])).exitCode, 255)
      await until('both are written down', () => yard.records.length === 2)
      const printed = ['stranger', 'ana'].map((who) =>
        runOk({ file: 'ssh-keygen', args: ['-lf', join(yard.folder, `${who}.pub`)] }),
      )
      const keys = (await Promise.all(printed)).map(({ stdout }) => String(stdout).split(' ')[1])
      assert.deepEqual(
        yard.records.map(({ fields: { audit, act, who, key, result } }) => [audit, act, who, key, result]),
        keys.map((key) => [true, 'login', null, key, 'refused']),
      )
    })

    it('takes RSA keys with SHA-2 and not with SHA-1', async () => {
      yard = await createSshYard()
      const file = join(yard.folder, 'rsa')
      await runOk({ file: 'ssh-keygen', args: ['-q', '-t', 'rsa', '-b', '2048', '-N', '', '-f', file] })
      const { addKey } = await import('../developers/keys.ts')
      await addKey(yard.layout, 'ana', await readFile(`${file}.pub`, 'utf8'))
      assert.equal((await yard.ssh('rsa', ['status'])).exitCode, 0)
      const sha1 = await yard.ssh('rsa', ['status'], ['-o', 'PubkeyAcceptedAlgorithms=ssh-rsa'])
      assert.equal(sha1.exitCode, 255, sha1.stderr)
    })

    it('keeps its host key for ever, readable by nobody else', async () => {
      yard = await createSshYard()
      assert.equal((await stat(yard.layout.hostKey)).mode & 0o777, 0o600)
      const again = await serveSsh({ layout: yard.layout, host: '127.0.0.1', port: 0 })
      assert.equal(again.fingerprint, yard.server.fingerprint)
      await again.close()
      await assert.rejects(serveSsh({ layout: yard.layout, host: '127.0.0.1', port: yard.server.port }), {
        code: 'PORT_TAKEN',
      })
    })
  })

  describe('on a connection that stays open', () => {
    it('logs out whoever is no developer any more, before anything is done for them', async () => {
      yard = await createSshYard()
      const clients = [await connectAs(yard, 'ana'), await connectAs(yard, 'ana')]
      for (const client of clients) assert.match((await execute(client, 'status')).out, /ana +socketserver/)
      await removeDeveloper(yard.layout, 'ana')
      const closed = clients.map((client) => once(client, 'close'))
      const pulled = await execute(clients[0]!, "git-upload-pack '/socketserver'")
      assert.deepEqual(pulled, { out: '', err: `edgeyard: ${LOGGED_OUT}\n` })
      assert.match(String(await forward(clients[1]!)), /open failure/)
      await Promise.all(closed)
      assert.equal(yard.records.filter(({ message }) => /^ana is logged out/.test(message)).length, 2)
    })

    it('logs out whoever loses the key, and nobody else, also while they do nothing', async () => {
      yard = await createSshYard()
      const [ana, bob] = [await connectAs(yard, 'ana'), await connectAs(yard, 'bob')]
      const closed = once(ana, 'close')
      await rename(yard.layout.keysOf('ana'), yard.layout.keysOf('anna'))
      await closed
      assert.match((await execute(bob, 'status')).out, /bob/)
      bob.end()
    })

    it('has SESSIONS_MAX places, of which one that is over takes none', async () => {
      yard = await createSshYard()
      const client = await connectAs(yard, 'ana')
      const times = Array.from({ length: limits.SESSIONS_MAX + 1 })
      for (const _ of times) assert.match((await execute(client, 'status')).out, /ana/)
      for (const _ of times) assert.match(String(await forward(client)), /open failure/)
      assert.match((await execute(client, 'status')).out, /ana/)
      // Sessions in which nothing runs.
      const subsystems = times.map(() => new Promise((resolve) => client.subsys('none', resolve)))
      const refused = (await Promise.all(subsystems)).filter((error) => /open failure/.test(String(error)))
      assert.equal(refused.length, 1)
      await assert.rejects(execute(client, 'status'), /open failure/)
      assert.match(String(await forward(client)), /open failure/)
      client.end()
    })
  })

  describe('with hostile clients', () => {
    it('drops what is not SSH and serves on', async () => {
      yard = await createSshYard()
      const inputs = [
        'GET / HTTP/1.1\r\n\r\n',
        '\0'.repeat(100_000),
        `SSH-2.0-${'x'.repeat(100_000)}`,
        'SSH-1.0-old\r\n',
        ...Array.from({ length: 40 }, () => Buffer.concat([Buffer.from('SSH-2.0-fuzz\r\n'), randomBytes(2000)])),
        // A packet that claims to be 4 GiB long.
        Buffer.concat([Buffer.from('SSH-2.0-fuzz\r\n'), Buffer.from('ffffffff04', 'hex'), randomBytes(50_000)]),
      ]
      await Promise.all(
        inputs.map(async (input) => {
          const socket = connect(yard.server.port, '127.0.0.1')
          socket.on('error', () => {})
          socket.on('data', () => {})
          const closed = once(socket as EventEmitter, 'close')
          socket.end(input)
          await closed
        }),
      )
      assert.equal((await yard.ssh('ana', ['status'])).exitCode, 0)
    })

    it('has room for somebody with a key while strangers hold connections open', async () => {
      yard = await createSshYard()
      const strangers = await Promise.all(
        Array.from({ length: limits.STRANGERS_MAX + 10 }, async () => {
          const socket = connect(yard.server.port, '127.0.0.1')
          socket.on('error', () => {})
          socket.resume()
          await once(socket, 'connect')
          return socket
        }),
      )
      assert.equal((await yard.ssh('ana', ['status'])).exitCode, 0)
      for (const socket of strangers) socket.destroy()
    })
  })
})

async function connectAs(yard: SshYard, who: string): Promise<Client> {
  const client = new ssh2.Client()
  const ready = once(client, 'ready')
  const privateKey = await readFile(join(yard.folder, who))
  client.connect({ host: '127.0.0.1', port: yard.server.port, username: 'git', privateKey })
  await ready
  client.on('error', () => {})
  return client
}

async function execute(client: Client, command: string): Promise<{ out: string; err: string }> {
  const channel = await new Promise<ClientChannel>((resolve, reject) => {
    client.exec(command, (error, opened) => (error ? reject(error) : resolve(opened)))
  })
  const [out, err] = await Promise.all([text(channel), text(channel.stderr), once(channel, 'close')])
  return { out, err }
}

/** What comes of asking for the debugger. */
function forward(client: Client): Promise<unknown> {
  return new Promise((resolve) => client.forwardOut('127.0.0.1', 1, 'socketserver', 9229, resolve))
}

async function appears(folder: string, name: string): Promise<void> {
  for await (const { filename } of watch(folder)) if (filename === name) return
}

/** The first record that matches, from now on. */
function recorded(yard: SshYard, message: RegExp): Promise<SshYard['records'][number]> {
  return new Promise((resolve) => {
    const push = yard.records.push.bind(yard.records)
    yard.records.push = (...records) => {
      const found = records.find((record) => message.test(record.message))
      if (found) resolve(found)
      return push(...records)
    }
  })
}
