import assert from 'node:assert/strict'
import { parseExec } from './parse-exec.ts'

describe('parseExec', () => {
  it('knows the repositories, with and without the slash and .git that clients add', () => {
    for (const path of ['socketserver', '/socketserver', 'socketserver.git', '/socketserver.git', '/socketserver/']) {
      assert.deepEqual(parseExec(`git-receive-pack '${path}'`), {
        kind: 'git',
        service: 'receive-pack',
        repository: 'socketserver',
      })
    }
    assert.deepEqual(parseExec("git upload-pack 'serverctrl'"), {
      kind: 'git',
      service: 'upload-pack',
      repository: 'serverctrl',
    })
  })

  it('knows the verbs', () => {
    assert.deepEqual(parseExec(' status\n'), { kind: 'status' })
    assert.deepEqual(parseExec('restart dtserver'), { kind: 'act', verb: 'restart', server: 'dtserver' })
  })

  it('tells who forgot the server which there are', () => {
    const request = parseExec('restart')
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
    for (const command of hostile) assert.equal(parseExec(command).kind, 'refused', command)
  })
})
