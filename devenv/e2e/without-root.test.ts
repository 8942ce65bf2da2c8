// A yard of somebody who is not root: sandboxes without users of their own, kept apart by bubblewrap alone.
import assert from 'node:assert/strict'
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { httpGet } from './clients.ts'
import { namedScript } from './scripts.ts'
import { findPortBlock, processesOf, projectRoot, run, TestYard } from './yard.ts'

/** `nobody`: MariaDB knows its user by name, so it must be one of /etc/passwd. */
const UID = 65_534
/** What a copy of the project does without. */
const NOT_COPIED = ['.git', 'yard', 'coverage']

describe('a yard without root rights', function () {
  this.timeout(120_000)
  let folder: string
  let yard: TestYard

  before(async function () {
    if (process.getuid?.() !== 0) {
      this.test!.title = 'needs root, to become somebody else; whoever is not root runs every other test that way'
      return this.skip()
    }
    folder = mkdtempSync(join(tmpdir(), 'edgeyard-user-'))
    const project = join(folder, 'edgeyard')
    const home = join(folder, 'home')
    mkdirSync(project)
    mkdirSync(home)
    chownSync(home, UID, UID)
    const parts = readdirSync(projectRoot).filter((name) => !NOT_COPIED.includes(name))
    const copied = await run('cp', ['-r', ...parts, project], { cwd: projectRoot })
    assert.equal(copied.exitCode, 0, copied.output)
    await run('chmod', ['-R', 'a+rX', project])
    chmodSync(folder, 0o755)
    yard = new TestYard(home, await findPortBlock(), { uid: UID, project })
    mkdirSync(yard.root)
    writeFileSync(join(yard.root, 'yard.yml'), 'developers_initial: [dev1]\n')
    chownSync(yard.root, UID, UID)
  })

  after(async () => {
    if (yard === undefined) return
    await yard.cli('down')
    rmSync(folder, { recursive: true, force: true })
  })

  it('comes up with all sandboxes, says what it does not protect, and is nobody else’s', async () => {
    const started = await yard.up()
    assert.match(started.output, /^not protected: without root/m)
    const status = await yard.status()
    assert.equal(status.sandboxes.length, 5)
    for (const one of status.sandboxes) assert.equal(one.state, 'ready', `${one.server} of ${one.developer}`)
    const pids = [
      status.pid,
      status.viewer.pid,
      status.mysql.pid,
      ...status.redis.map((one) => one.pid),
      ...status.sandboxes.map((one) => one.pid),
    ]
    for (const pid of pids) assert.deepEqual(uidsOf(pid), [UID], `pid ${pid}`)
  })

  it('keeps a sandbox from the yard and from the other sandboxes', async () => {
    const { pid } = await yard.sandbox('socketserver', 'dev1')
    const seen = (path: string) => readdirSync(`/proc/${pid}/root${path}`)
    assert.deepEqual(seen(join(yard.root, 'socketserver')), ['dev1'])
    assert.ok(!seen(yard.root).includes('git'))
    assert.ok(!seen(yard.root).includes('keys'))
    // What is in memory and has no size.
    const mounts = readFileSync(`/proc/${pid}/mountinfo`, 'utf8')
      .split('\n')
      .map((line) => line.split(' '))
    for (const path of ['/', '/dev']) assert.match(mounts.find((fields) => fields[4] === path)![5]!, /^ro,/, path)
  })

  it('is told by the doctor what holds without root, and what does not', async () => {
    const { stdout } = await yard.cli('doctor', '--json')
    const { protections } = JSON.parse(stdout) as { protections: { protection: string; holds: boolean }[] }
    const holds = (which: string) => protections.find(({ protection }) => protection.startsWith(which))?.holds
    for (const which of ["others' releases", 'yard.yml', 'own release', "others' processes", 'the control socket'])
      assert.equal(holds(which), true, which)
    for (const which of ['rights of root', 'mount', 'memory', 'open files', 'a process left behind'])
      assert.equal(holds(which), true, which)
    for (const which of ['ports of others', "others' Redis and log", 'a share of the processors'])
      assert.equal(holds(which), false, which)
  })

  it('takes a push over ssh', async () => {
    await yard.do('dev', 'key', 'add', 'dev1', await yard.makeKey('dev1'))
    const clone = await yard.clone('socketserver', 'dev1')
    await clone.ship({ 'src/main.ts': namedScript('mine') })
    const { url } = await yard.sandbox('socketserver', 'dev1')
    assert.equal((await httpGet(url.replace('ws:', 'http:'))).body, 'mine')
  })

  it('goes down and leaves no process', async () => {
    await yard.down()
    assert.deepEqual(processesOf(yard.root), [])
  })
})

/** Real, effective, saved and file system uid, each once. */
function uidsOf(pid: number | null): number[] {
  const line = /^Uid:\s*(.*)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? ''
  return [...new Set(line.split(/\s+/).map(Number))]
}
