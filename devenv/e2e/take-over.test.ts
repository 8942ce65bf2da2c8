// Edgeyard itself is replaced by a newer one while everything runs.
import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { httpGet } from './clients.ts'
import { namedScript } from './scripts.ts'
import { isAlive, processesOf, projectRoot, run, sharedYard, type TestYard } from './yard.ts'

describe('a newer edgeyard', function () {
  this.timeout(180_000)
  let yard: TestYard
  before(async () => {
    yard = await sharedYard()
  })

  /** A checkout like ours, of another version. */
  const checkout = async (version: string) => {
    const folder = join(yard.folder, `edgeyard-${version}`)
    mkdirSync(folder)
    const copied = await run(
      'cp',
      ['-r', 'dist', 'package.json', 'servers', 'templates', 'hooks', 'devenv', 'logs-viewer', folder],
      {
        cwd: projectRoot,
      },
    )
    assert.equal(copied.exitCode, 0, copied.output)
    symlinkSync(join(projectRoot, 'node_modules'), join(folder, 'node_modules'))
    const file = join(folder, 'package.json')
    writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), version }))
    return (...args: string[]) =>
      run(process.execPath, [join(folder, 'dist/devenv/cli.js'), ...args], { env: { EDGEYARD_ROOT: yard.root } })
  }
  const sandboxes = async () => await yard.pids()
  /** With its pid: it holds the ports of sandboxes that sleep, and clients wait there. */
  const keeper = () => processesOf(yard.root).find((line) => line.includes('keep-ports.pl')) ?? assert.fail('none')

  it('takes over from the older one that runs, and every sandbox runs on', async () => {
    const clone = await yard.clone('socketserver', 'dev1')
    await clone.ship({ 'src/main.ts': namedScript('before') })
    const [before, running, keeps] = [await yard.status(), await sandboxes(), keeper()]
    const newer = await checkout('99.0.0')
    const taken = await newer('up', '--detach')
    assert.equal(taken.exitCode, 0, taken.output)
    assert.match(taken.output, new RegExp(`Edgeyard 99.0.0 takes over from ${before.version} \\(pid ${before.pid}\\)`))
    assert.equal(isAlive(before.pid), false)
    const after = await yard.status()
    assert.deepEqual([after.version, await sandboxes(), keeper()], ['99.0.0', running, keeps])
    assert.deepEqual(
      [after.mysql.pid, after.redis.map(({ pid }) => pid)],
      [before.mysql.pid, before.redis.map(({ pid }) => pid)],
    )
    assert.equal(
      (await httpGet((await yard.sandbox('socketserver', 'dev1')).url.replace('ws:', 'http:'))).body,
      'before',
    )
    await clone.ship({ 'src/main.ts': namedScript('after') })
  })

  it('is not replaced by an older one unasked, which says how', async () => {
    const before = await yard.status()
    const shown = await yard.do('up', '--detach')
    assert.match(shown.output, /is a newer edgeyard, 99.0.0; "up --take-over"/)
    assert.equal((await yard.status()).pid, before.pid)
  })

  it('is replaced when it is asked for, and a push that comes meanwhile is kept', async () => {
    const [before, running] = [await yard.status(), await sandboxes()]
    const clone = await yard.clone('socketserver', 'dev2')
    await clone.write('src/main.ts', namedScript('meanwhile'))
    const commit = await clone.commit('Meanwhile')
    const [taken, pushed] = await Promise.all([yard.cli('up', '--detach', '--take-over'), clone.push()])
    assert.equal(taken.exitCode, 0, taken.output)
    const after = await yard.status()
    assert.notEqual(after.pid, before.pid)
    assert.notEqual(after.version, before.version)
    // Its connection may be cut when it was through: what counts is the ref.
    const { commit: live } = await yard.sandbox('socketserver', 'dev2')
    const ref = (await clone.must('ls-remote', 'origin', 'refs/heads/dev2')).stdout.split('\t')[0]
    assert.equal(live, ref, pushed.output)
    if (pushed.exitCode === 0) assert.equal(ref, commit)
    const unchanged = (pids: Record<string, number | null>) => ({ ...pids, 'socketserver/dev2': 0 })
    assert.deepEqual(unchanged(await sandboxes()), unchanged(running))
  })

  it('that does not come up fails, says that nobody watches what runs on, and what to do about it', async () => {
    const running = await sandboxes()
    const newer = await checkout('100.0.0')
    const daemon = join(yard.folder, 'edgeyard-100.0.0/dist/devenv/supervisor/daemon.js')
    writeFileSync(daemon, "export const runDaemon = async () => { throw new Error('It is not made for this machine') }")
    const failed = await newer('up', '--detach')
    assert.equal(failed.exitCode, 1, failed.output)
    assert.match(failed.output, /It is not made for this machine/)
    assert.match(
      failed.output,
      /\d+ processes of this yard run on, and nobody watches them: .*\n.*run "npx edgeyard up"/,
    )
    const again = await yard.up()
    assert.match(again.output, /processes still run and are adopted/)
    assert.deepEqual(await sandboxes(), running)
  })
})
