// A push changes what its developer's port answers, and nothing else. What a developer may not push is refused whole.
import assert from 'node:assert/strict'
import { rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { COMMON, REPOSITORIES } from '../../servers/contract/names.ts'
import { yardLayout } from '../sandbox/layout.ts'
import { httpGet, Session } from './clients.ts'
import { namedScript } from './scripts.ts'
import { type Clone, isAlive, run, sharedYard, type TestYard, until } from './yard.ts'

describe('a push over ssh', function () {
  this.timeout(120_000)
  let yard: TestYard
  let clone: Clone

  before(async () => {
    yard = await sharedYard()
    clone = await yard.clone('socketserver', 'dev1')
  })

  it("changes what the developer's port answers, and nobody else's", async () => {
    const others = await yard.pids()
    const pushed = await clone.ship({ 'src/main.ts': namedScript('first') })
    const mine = await yard.sandbox('socketserver', 'dev1')
    assert.equal((await httpGet(mine.url.replace('ws:', 'http:'))).body, 'first')
    const session = await Session.open(mine.url)
    assert.equal(await session.ask('hello'), 'first:hello')
    await session.close()

    const after = await yard.pids()
    assert.notEqual(after['socketserver/dev1'], others['socketserver/dev1'])
    assert.deepEqual({ ...after, 'socketserver/dev1': 0 }, { ...others, 'socketserver/dev1': 0 })
    const theirs = await yard.sandbox('socketserver', 'dev2')
    assert.notEqual((await httpGet(theirs.url.replace('ws:', 'http:'))).body, 'first')

    const remote = pushed.stderr.split('\n').filter((line) => line.startsWith('remote:'))
    const last =
      remote
        .map((line) => line.slice('remote:'.length).trim())
        .filter((line) => line !== '')
        .at(-1) ?? ''
    assert.ok(last.includes('live') && last.includes(String(mine.release)) && last.includes(mine.url), last)
  })

  it('can be undone by pushing the old commit, which is built already', async () => {
    await clone.ship({ 'src/main.ts': namedScript('second') })
    await clone.must('reset', '-q', '--hard', 'HEAD~1')
    const forced = await clone.git('push', '--force', 'origin', 'HEAD:refs/heads/dev1')
    assert.equal(forced.exitCode, 0, forced.output)
    const mine = await yard.sandbox('socketserver', 'dev1')
    assert.equal((await httpGet(mine.url.replace('ws:', 'http:'))).body, 'first')
  })

  it('is live before git has started its post-receive, which tells so', async () => {
    const { hooks } = yardLayout(yard.root)
    const own = join(hooks, 'post-receive')
    const kept = join(hooks, 'kept')
    const gate = join(hooks, 'gate')
    const made = await run('mkfifo', [gate])
    assert.equal(made.exitCode, 0, made.output)
    await rename(own, kept)
    try {
      await writeFile(own, `#!/bin/sh\nread -r word < '${gate}'\nexec '${kept}'\n`, { mode: 0o755 })
      const shipped = clone.ship({ 'src/main.ts': namedScript('early') })
      const { url } = await yard.sandbox('socketserver', 'dev1')
      await until('it is live', async () => (await httpGet(url.replace('ws:', 'http:'))).body === 'early', 15_000)
      await writeFile(gate, 'go\n')
      assert.match((await shipped).stderr, /^remote: .* live/m)
    } finally {
      await rename(kept, own)
      await rm(gate)
    }
  })

  it('answers whoever connects when the process before hangs, and cannot let go of the port', async () => {
    await clone.ship({ 'src/main.ts': namedScript('hanging') })
    const { pid, url } = await yard.sandbox('socketserver', 'dev1')
    process.kill(pid!, 'SIGSTOP')
    try {
      await clone.ship({ 'src/main.ts': namedScript('after') })
      const answers = await Promise.all(Array.from({ length: 64 }, () => httpGet(url.replace('ws:', 'http:'))))
      assert.deepEqual([...new Set(answers.map(({ body }) => body))], ['after'])
    } finally {
      process.kill(pid!, 'SIGCONT')
    }
    await until('the process before has ended', () => !isAlive(pid!))
  })

  it('restarts and shows its own sandbox through refs/ctl, again and again, and leaves no ref', async () => {
    for (let n = 0; n < 2; n++) {
      const before = await yard.sandbox('socketserver', 'dev1')
      const restarted = await clone.push('HEAD:refs/ctl/restart')
      assert.equal(restarted.exitCode, 0, restarted.output)
      assert.notEqual((await yard.sandbox('socketserver', 'dev1')).pid, before.pid)
    }
    const shown = await clone.push('HEAD:refs/ctl/status')
    assert.equal(shown.exitCode, 0, shown.output)
    const mine = await yard.sandbox('socketserver', 'dev1')
    assert.ok(shown.stderr.includes('ready') && shown.stderr.includes(String(mine.port)), shown.stderr)
    assert.equal((await clone.must('ls-remote', 'origin', 'refs/ctl/*')).stdout, '')
  })

  describe('is refused whole', () => {
    const refused: [what: string, ...args: string[]][] = [
      ["another developer's branch", 'push', 'origin', '+HEAD:refs/heads/dev2'],
      ['master', 'push', 'origin', '+HEAD:refs/heads/master'],
      ['a tag', 'push', 'origin', 'HEAD:refs/tags/v1'],
      ['a deletion of the own branch', 'push', 'origin', ':refs/heads/dev1'],
      ["a deletion of another's branch", 'push', 'origin', ':refs/heads/dev2'],
      ['a new branch', 'push', 'origin', 'HEAD:refs/heads/feature'],
      ['a branch below the own name', 'push', 'origin', 'HEAD:refs/heads/dev1/x'],
      ['another ref', 'push', 'origin', 'HEAD:refs/notes/x'],
      ['an unknown verb', 'push', 'origin', 'HEAD:refs/ctl/format-disk'],
      ['a mirror of everything', 'push', '--mirror', 'origin'],
      ["the own branch together with another's", 'push', 'origin', '+HEAD:refs/heads/dev1', '+HEAD:refs/heads/dev2'],
      ['the same, atomically', 'push', '--atomic', 'origin', '+HEAD:refs/heads/dev1', '+HEAD:refs/heads/dev2'],
    ]

    for (const [what, ...args] of refused) {
      it(what, async () => {
        await clone.reset()
        await clone.write('src/main.ts', namedScript('never'))
        await clone.commit('Never')
        const before = await yard.standing()
        const result = await clone.git(...args)
        assert.notEqual(result.exitCode, 0, result.output)
        assert.match(result.stderr, /^remote: refused: \S+: /m)
        assert.deepEqual(await yard.standing(), before)
      })
    }

    it("anything of dev1's in any repository with dev2's key", async () => {
      const theirs = await yard.clone('socketserver', 'dev2')
      await theirs.commit('Never')
      const { ssh } = await yard.status()
      const before = await yard.standing()
      for (const repository of REPOSITORIES) {
        const url = `ssh://git@${ssh.host}:${ssh.port}/${repository}`
        for (const refspec of [
          '+HEAD:refs/heads/dev1',
          ':refs/heads/dev1',
          'HEAD:refs/tags/v1',
          'HEAD:refs/heads/new',
        ]) {
          const result = await theirs.git('push', url, refspec)
          assert.notEqual(result.exitCode, 0, `${refspec} to ${repository}\n${result.output}`)
          const said =
            repository === COMMON ? /^edgeyard: the common library is read/m : /^remote: refused: \S+: .*dev2/m
          assert.match(result.stderr, said, `${refspec} to ${repository}`)
        }
      }
      assert.deepEqual(await yard.standing(), before)
    })

    it('with a key that the yard does not know', async () => {
      await yard.makeKey('stranger')
      const { ssh } = await yard.status()
      const url = `ssh://git@${ssh.host}:${ssh.port}/socketserver`
      const result = await run('git', ['ls-remote', url], { env: yard.gitEnvironment('stranger') })
      assert.notEqual(result.exitCode, 0)
      assert.match(result.stderr, /Permission denied/)
    })
  })
})
