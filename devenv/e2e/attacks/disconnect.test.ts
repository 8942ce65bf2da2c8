// A client that goes away at any stage of a push: afterwards the ref is what runs, nothing is left behind, and the status tells.
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { deflateSync } from 'node:zlib'
import { EDGE_SERVER_PROGRAM } from '../../../servers/contract/edge-server.ts'
import { findStrays, listMarked } from '../../exec/process-marks.ts'
import { yardLayout } from '../../sandbox/layout.ts'
import { parseMark, readRunFiles } from '../../supervisor/run-files.ts'
import { namedScript } from '../scripts.ts'
import { type Clone, createYard, endYard, processesOf, type TestYard, until } from '../yard.ts'
import { type Arena, createArena, FLUSH, packet } from './arena.ts'
import { branchOf, liveOf } from './live.ts'

/** The beginning of a pack (gitformat-pack): its header, that of a blob of 1 MiB, and half of what zlib makes of the blob. */
function halfPack(): Buffer {
  const header = Buffer.from('PACK\0\0\0\x02\0\0\0\x01', 'latin1')
  // Type 3 in bits 4 to 6; the size 2 ** 20 in four bits here and seven in each that follows.
  const blob = Buffer.from([0xb0, 0x80, 0x80, 0x04])
  const data = deflateSync(randomBytes(2 ** 20))
  return Buffer.concat([header, blob, data.subarray(0, data.length / 2)])
}

describe('a client that disconnects', function () {
  this.timeout(120_000)
  let yard: TestYard
  let arena: Arena
  let close: () => Promise<void>
  let clone: Clone
  let processes: number
  let round = 0

  before(async () => {
    yard = await createYard()
    ;({ arena, close } = await createArena(yard))
    clone = arena.clone
    processes = await settled()
  })
  after(async () => {
    await close()
    await endYard(yard)
  })
  beforeEach(() => clone.reset())

  /** A child in a process group of its own, so that ssh goes with git, as when a laptop is closed. */
  function start(file: string, args: readonly string[]): ChildProcess {
    const env = {
      PATH: process.env.PATH ?? '',
      HOME: '/nonexistent',
      LANG: 'C.UTF-8',
      ...arena.yard.gitEnvironment('dev1'),
    }
    return spawn(file, args, { cwd: clone.folder, env, detached: true, stdio: ['pipe', 'pipe', 'pipe'] })
  }

  async function leave(child: ChildProcess): Promise<void> {
    const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
    await ended
  }

  const hooks = () => processesOf(arena.yard.root).filter((line) => /hooks\/push|git.*receive-pack/.test(line))

  /** Waits until no push is at work; how many processes are left beside those of sandboxes. */
  async function settled(): Promise<number> {
    await until('no hook is left', () => hooks().length === 0)
    let before = -1
    return await until('the number of processes stays', async () => {
      const now = processesOf(arena.yard.root).filter((line) => !line.includes(EDGE_SERVER_PROGRAM)).length
      const same = now === before
      before = now
      await new Promise((resolve) => setTimeout(resolve, 300))
      return same ? now : null
    })
  }

  async function leavesNothing(): Promise<void> {
    const layout = yardLayout(arena.yard.root)
    await until('no process is left behind', async () => (await settled()) <= processes)
    await until('no sandbox runs what nobody waits for', async () => {
      const runs = await readRunFiles(layout)
      const known = new Set(runs.map(({ pid }) => pid))
      const strays = findStrays(listMarked(), known, (mark) => parseMark(mark)?.root === arena.yard.root)
      // A candidate without a release waits for the next push, for whoever has just pushed.
      return (
        strays.length === 0 &&
        runs.every(({ role, commit }) => role === 'live' || (role === 'candidate' && commit === null))
      )
    })
    await until('no quarantine is left behind', async () => {
      const objects = await readdir(join(layout.repository('socketserver'), 'objects'))
      return objects.every((name) => /^([0-9a-f]{2}|info|pack)$/.test(name))
    })
    const releases = await readdir(layout.sandbox({ server: 'socketserver', developer: 'dev1' }).releases)
    assert.deepEqual(
      releases.filter((name) => name.startsWith('.')),
      [],
    )
    const commit = await branchOf(arena.yard, 'dev1')
    await until('the ref is what runs', async () => {
      const live = await liveOf(arena.yard, 'dev1')
      return live.commit === commit && live.state === 'ready'
    })
    const status = await arena.ssh(['status'])
    assert.match(status.output, new RegExp(`dev1 +socketserver .* ready +${commit.slice(0, 12)}`))
  }

  async function commit(): Promise<string> {
    await clone.write(
      'src/main.ts',
      namedScript(`left-${++round}`).replace(
        'export default {',
        'export default {\nasync start() { await new Promise((resolve) => setTimeout(resolve, 700)) },',
      ),
    )
    return await clone.commit(`Left ${round}`)
  }

  it('before it has sent a pack', async () => {
    const before = await branchOf(arena.yard, 'dev1')
    const child = start('ssh', [...arena.sshArguments('dev1'), 'git@127.0.0.1', "git-receive-pack 'socketserver'"])
    await new Promise((resolve) => child.stdout?.once('data', resolve))
    child.stdin?.write(packet(`${before} ${'1'.repeat(40)} refs/heads/dev1\0report-status`))
    await leave(child)
    await leavesNothing()
    assert.equal(await branchOf(arena.yard, 'dev1'), before)
  })

  it('in the middle of a pack', async () => {
    const before = await branchOf(arena.yard, 'dev1')
    const child = start('ssh', [...arena.sshArguments('dev1'), 'git@127.0.0.1', "git-receive-pack 'socketserver'"])
    await new Promise((resolve) => child.stdout?.once('data', resolve))
    // It goes away with much of the pack unsent.
    child.stdin?.on('error', () => {})
    const line = packet(`${before} ${'1'.repeat(40)} refs/heads/dev1\0report-status`)
    child.stdin?.write(Buffer.concat([line, Buffer.from(FLUSH), halfPack()]))
    await until('git reads the pack', () =>
      processesOf(arena.yard.root).some((text) => /unpack-objects|index-pack/.test(text)),
    )
    await leave(child)
    await leavesNothing()
    assert.equal(await branchOf(arena.yard, 'dev1'), before)
  })

  for (const [stage, mark] of [
    ['while its push is exported and built', /remote: export/],
    ['while its candidate boots', /remote: build/],
    ['when its candidate is ready, before and while it is switched', /remote: boot/],
    ['while it is told what is live', /is live: release/],
  ] as const) {
    it(stage, async () => {
      const id = await commit()
      const child = start('git', ['push', 'origin', 'HEAD:refs/heads/dev1'])
      await seen(child, mark)
      await leave(child)
      await leavesNothing()
      // A push whose hooks have begun runs to its end: half of it would be worse than all of it.
      assert.equal(await branchOf(arena.yard, 'dev1'), id)
    })
  }

  it('while its verb is at work', async () => {
    const child = start('git', ['push', 'origin', 'HEAD:refs/ctl/restart'])
    await until('the verb is at work', () => processesOf(arena.yard.root).some((text) => text.includes('proc-receive')))
    await leave(child)
    await leavesNothing()
  })

  async function seen(child: ChildProcess, mark: RegExp): Promise<void> {
    let text = ''
    await new Promise<void>((resolve, reject) => {
      child.stderr?.on('data', (chunk: Buffer) => {
        text += chunk.toString()
        if (mark.test(text)) resolve()
      })
      child.once('close', () => reject(new Error(`Never said ${mark}:\n${text}`)))
    })
  }
})
