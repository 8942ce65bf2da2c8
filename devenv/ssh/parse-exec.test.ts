import assert from 'node:assert/strict'
import { parseExec } from './parse-exec.ts'

describe('parseExec', () => {
  it('knows the repositories, with and without the slash and .git that clients add', () => {
    for (const path of ['socketserver', '/socketserver', 'socketserver.git', '/socketserver.git', '/socketserver/']) {
      assert.deepEqual(parseExec(`git-receive-pack '${path}'`, 'dev1'), {
        kind: 'git',
        service: 'receive-pack',
        repository: 'socketserver',
      })
    }
    assert.deepEqual(parseExec("git upload-pack 'serverctrl'", 'dev1'), {
      kind: 'git',
      service: 'upload-pack',
      repository: 'serverctrl',
    })
  })

  it('knows the verbs', () => {
    const plain = { server: null, release: null, of: null, json: false }
    const calls = {
      ' status\n': { verb: 'status' },
      'status --json': { verb: 'status', json: true },
      'restart dtserver': { verb: 'restart', server: 'dtserver' },
      'reload --json dtserver': { verb: 'reload', server: 'dtserver', json: true },
      rollback: null,
      'rollback dtserver': { verb: 'rollback', server: 'dtserver' },
      'rollback dtserver 4f2a91c8e012': { verb: 'rollback', server: 'dtserver', release: '4f2a91c8e012' },
      releases: { verb: 'releases' },
      'releases socketserver': { verb: 'releases', server: 'socketserver' },
      'redis  flush': { verb: 'redis flush' },
      'redis restart --json': { verb: 'redis restart', json: true },
      help: { verb: 'help' },
      'help redis flush': { verb: 'help', of: 'redis flush' },
    }
    for (const [text, call] of Object.entries(calls)) {
      const request = parseExec(text, 'dev1')
      if (call === null) assert.equal(request.kind, 'refused', text)
      else assert.deepEqual(request, { kind: 'verb', call: { ...plain, ...call } }, text)
    }
  })

  it("knows a developer's own logs, and the operator's with the key of master", () => {
    const query = { source: 'redis', follow: true, lines: 5, sinceMs: null, level: 'warn', grep: null, json: false }
    assert.deepEqual(parseExec('logs -f redis -n 5 --level=warning', 'dev1'), { kind: 'logs', query })
    assert.equal(parseExec('logs edgeyard', 'dev1').kind, 'refused')
    assert.equal(parseExec('logs mysql', 'dev1').kind, 'refused')
    assert.equal(parseExec('logs edgeyard', 'master').kind, 'logs')
  })

  it('tells who forgot the server which there are', () => {
    const request = parseExec('restart', 'dev1')
    assert.equal(
      request.kind === 'refused' && request.message,
      'say which server of yours: httpserver, socketserver, dtserver',
    )
  })

  it('refuses everything else, and runs no part of it', () => {
    const hostile = [
      '',
      'bash',
      'id; status',
      'status; id',
      'status dev2',
      'restart',
      'restart dtserver dev2',
      'restart bash',
      'restart ../dtserver',
      'restart --force dtserver',
      'debug socketserver --json',
      'rollback dtserver HEAD',
      'rollback dtserver 4f2a91c8e012 dev2',
      'rollback 4f2a91c8e012',
      'releases dev2',
      'redis',
      'redis flush dev2',
      'redis config',
      'help me',
      'logs',
      'logs ../dev2',
      'logs socketserver dev2',
      'logs socketserver --since yesterday',
      'logs socketserver --level loud',
      'logs socketserver -n x',
      'logs socketserver --file=/etc/passwd',
      'git-shell',
      "git-upload-archive 'socketserver'",
      'git-receive-pack socketserver',
      "git-receive-pack ''",
      "git-receive-pack '/'",
      "git-receive-pack '../socketserver'",
      "git-receive-pack '//socketserver'",
      "git-receive-pack '/git/socketserver'",
      "git-receive-pack 'socketserver.git.git'",
      "git-receive-pack '--help'",
      "git-receive-pack 'socketserver' --x",
      "git-receive-pack 'socketserver'; id",
      "git-receive-pack 'socketserver\n'",
      "git-receive-pack 'a'\\''b'",
      "git-receive-pack --upload-pack=id 'socketserver'",
      "git-upload-pack 'SocketServer'",
      `git-upload-pack '${'a'.repeat(5000)}'`,
      'scp -t /tmp',
      'restart __proto__',
      "git-upload-pack '__proto__'",
    ]
    for (const command of hostile) assert.equal(parseExec(command, 'dev1').kind, 'refused', command)
  })

  it('keeps the common library from everybody but the key of master, with what there is instead', () => {
    const paths = ['common', '/common', 'common.git', '/common.git/']
    const services = ['git-upload-pack', 'git upload-pack', 'git-receive-pack', 'git-upload-archive']
    for (const command of services.flatMap((service) => paths.map((path) => `${service} '${path}'`))) {
      const request = parseExec(command, 'dev1')
      assert.match(request.kind === 'refused' ? request.message : command, /read and pushed by the operator only/)
    }
    assert.deepEqual(parseExec("git-upload-pack 'common'", 'master'), {
      kind: 'git',
      service: 'upload-pack',
      repository: 'common',
    })
    assert.equal(parseExec("git-upload-archive 'common'", 'master').kind, 'refused')
  })
})
