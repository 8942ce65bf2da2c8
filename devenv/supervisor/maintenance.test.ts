import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { OPERATOR } from '../control/by.ts'
import { runOk } from '../exec/run-command.ts'
import { commitFiles } from '../git/commit-files.ts'
import { gitCommand } from '../git/git.ts'
import { listBranches } from '../git/refs.ts'
import { ensureRepositories } from '../git/repositories.ts'
import { readSwitches, writeSwitch } from '../git/switch-log.ts'
import { type YardLayout, yardLayout } from '../sandbox/layout.ts'
import { createMaintenance, type Maintenance } from './maintenance.ts'

describe('the maintenance of the repositories', () => {
  let layout: YardLayout
  let maintenance: Maintenance
  let disk: number
  beforeEach(async () => {
    layout = yardLayout(await mkdtemp(join(tmpdir(), 'edgeyard-maintenance-')))
    await ensureRepositories(layout)
    disk = Number.POSITIVE_INFINITY
    maintenance = createMaintenance({
      layout,
      log: (_severity, message) => assert.fail(message),
      diskOf: () => disk,
      alone: (job) => job(),
    })
  })
  afterEach(async () => {
    await maintenance.close()
    await rm(layout.root, { recursive: true, force: true })
  })
  const commit = (repository: 'serverctrl' | 'socketserver', branch: string, text: string) =>
    commitFiles(layout, { repository, branch, message: 'x', files: new Map([['a', Buffer.from(text)]]) })
  // What git cannot make smaller.
  const noise = (bytes: number) =>
    Array.from({ length: bytes }, () => String.fromCharCode(33 + Math.floor(Math.random() * 90))).join('')

  it('takes away what a killed git left locked, and says so', async () => {
    const said: string[] = []
    const log = (_severity: string, message: string) => void said.push(message)
    const looking = createMaintenance({ layout, log, diskOf: () => disk, alone: (job) => job() })
    const lock = join(layout.repository('dtserver'), 'refs/heads/dev1.lock')
    await writeFile(lock, '')
    await utimes(lock, new Date(0), new Date(0))
    await looking.run()
    await looking.close()
    assert.ok(!existsSync(lock))
    assert.deepEqual(said, ['Locks of a git that was killed are taken away: refs/heads/dev1.lock'])
  })

  it('counts what a push with force has let go of and the log still holds, and branches of serverctrl', async () => {
    for (const branch of ['master', 'dev1']) {
      await commit('socketserver', branch, 'small')
      await commit('serverctrl', branch, 'small')
    }
    await maintenance.run()
    const { dev1 = 0 } = maintenance.repositoryBytes()
    const name = { server: 'socketserver', developer: 'dev1' } as const
    const small = (await listBranches(layout, 'socketserver')).get('dev1')!
    await commit('socketserver', 'dev1', noise(20_000))
    const built = (await listBranches(layout, 'socketserver')).get('dev1')!
    await writeSwitch(layout, name, { built, by: OPERATOR, what: 'push', at: new Date(0) })
    await runOk(gitCommand(layout.repository('socketserver'), ['update-ref', 'refs/heads/dev1', small]))
    await maintenance.run()
    const { dev1: logged = 0 } = maintenance.repositoryBytes()
    assert.ok(logged > dev1 + 15_000, `${dev1} ${logged}`)
    await commit('serverctrl', 'dev1', noise(20_000))
    await maintenance.run()
    const { dev1: both = 0, master = 0 } = maintenance.repositoryBytes()
    assert.ok(both > logged + 15_000, `${logged} ${both}`)
    assert.ok(master < 10_000, `${master}`)
  })

  it('lets the older half of a log of switches go, and again, while it holds more than its share of the disk', async () => {
    const name = { server: 'socketserver', developer: 'dev1' } as const
    await commit('socketserver', 'master', 'small')
    for (let n = 1; n <= 24; n++) {
      await commit('socketserver', 'dev1', noise(20_000))
      const built = (await listBranches(layout, 'socketserver')).get('dev1')!
      await writeSwitch(layout, name, { built, by: OPERATOR, what: `push ${n}`, at: new Date(0) })
    }
    const small = (await listBranches(layout, 'socketserver')).get('master')!
    await runOk(gitCommand(layout.repository('socketserver'), ['update-ref', 'refs/heads/dev1', small]))
    const counted = async () => {
      await maintenance.run()
      return {
        bytes: maintenance.repositoryBytes().dev1 ?? 0,
        whats: (await readSwitches(layout, name)).map(({ what }) => what),
      }
    }
    const all = await counted()
    assert.equal(all.whats.length, 24)
    disk = all.bytes * 3
    assert.equal((await counted()).whats.length, 12)
    const half = await counted()
    assert.ok(half.bytes < all.bytes * 0.6, `${all.bytes} ${half.bytes}`)
    assert.deepEqual(half.whats, all.whats.slice(0, 12))
    disk = 1
    for (const length of [6, 6]) assert.equal((await counted()).whats.length, length)
  })

  it('lets nobody wait for git when it is closed', async () => {
    const bin = join(layout.root, 'bin')
    const started = join(layout.root, 'started')
    await mkdir(bin)
    for (let n = 0; n < 30; n++) await writeFile(join(layout.repository('common'), `objects/pack/${n}.pack`), '')
    const { PATH = '' } = process.env
    const slow = `case "$*" in *' gc '*) touch ${started}; sleep 1000;; *) PATH='${PATH}' exec git "$@";; esac`
    await writeFile(join(bin, 'git'), `#!/bin/sh\n${slow}\n`)
    await chmod(join(bin, 'git'), 0o755)
    process.env.PATH = `${bin}${delimiter}${PATH}`
    try {
      void maintenance.run()
      while (!existsSync(started)) await new Promise((resolve) => setTimeout(resolve, 20))
      await maintenance.close()
    } finally {
      process.env.PATH = PATH
    }
  })
})
