import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { SERVERS } from '../../servers/contract/names.ts'
import { until } from '../e2e/yard.ts'
import { runOk } from '../exec/run-command.ts'
import { commitFiles } from '../git/commit-files.ts'
import { gitCommand } from '../git/git.ts'
import { listBranches } from '../git/refs.ts'
import { ensureRepositories } from '../git/repositories.ts'
import { initBare } from '../git/simple.ts'
import { listSwitchRefs, liveRef, logRef, readSwitches } from '../git/switch-log.ts'
import { yardLayout } from '../sandbox/layout.ts'
import { TRY_AGAIN_MS } from './kept-writes.ts'
import { createLiveRefs } from './live-refs.ts'
import { createFakeClock } from './testing/fake-clock.ts'

describe('what is live, in git', () => {
  it('is written behind the switches, all of them, and at once when somebody wants to read it', async () => {
    const root = await mkdtemp(join(tmpdir(), 'edgeyard-live-'))
    const layout = yardLayout(root)
    const folder = layout.repository('socketserver')
    const name = { server: 'socketserver', developer: 'dev1' } as const
    try {
      await mkdir(folder, { recursive: true })
      await initBare(folder)
      const make = async (message: string) => {
        const head = `commit refs/heads/dev1\nmark :1\ncommitter a <a@b> 0 +0000\ndata ${message.length}\n${message}\n`
        const { stdout } = await runOk(gitCommand(folder, ['fast-import', '--quiet', '--force', '--done']), {
          input: `${head}get-mark :1\ndone\n`,
        })
        return stdout.toString().trim()
      }
      const commits = [await make('One'), await make('Two')]
      const refs = createLiveRefs({
        layout,
        log: (_severity, message) => assert.fail(message),
        clock: createFakeClock(),
      })
      const by = { who: 'dev1', key: null }
      for (const commit of commits) refs.switched(name, commit, { by, what: 'push' })
      assert.equal((await listSwitchRefs(layout, 'socketserver')).size, 0)
      await Promise.all([refs.written(), refs.written()])
      assert.equal((await listSwitchRefs(layout, 'socketserver')).get(liveRef(name)), commits[1])
      const subjects = (await readSwitches(layout, name)).map(({ subject }) => subject)
      assert.deepEqual(subjects, ['Two', 'One'])
      // Whoever moves these refs by themselves does so between the switches.
      refs.switched(name, commits[0]!, { by, what: 'rollback' })
      const seen = refs.alone(async () => {
        refs.switched(name, commits[1]!, { by, what: 'push' })
        assert.equal((await readSwitches(layout, name)).length, 3)
      })
      await seen
      await assert.rejects(
        refs.alone(() => Promise.reject(new Error('in vain'))),
        /in vain/,
      )
      await refs.written()
      assert.equal((await readSwitches(layout, name)).length, 4)
      // By itself, too, when there has been no switch for a while.
      refs.switched(name, commits[0]!, { by, what: 'rollback' })
      const switchedMs = Date.now()
      while ((await readSwitches(layout, name)).length < 5) await new Promise((resolve) => setTimeout(resolve, 50))
      // It was live from the switch on, however much later that is written.
      const [newest] = await readSwitches(layout, name)
      assert.ok(Date.parse(newest!.at) <= switchedMs, newest!.at)
    } finally {
      await rm(root, { recursive: true, force: true })
    }
  }).timeout(20_000)

  it('is put right at the next chance when too much waited for it to be done at once', async () => {
    const root = await mkdtemp(join(tmpdir(), 'edgeyard-live-'))
    const layout = yardLayout(root)
    try {
      for (const server of SERVERS) {
        await mkdir(layout.repository(server), { recursive: true })
        await initBare(layout.repository(server))
      }
      const folder = layout.repository('socketserver')
      const name = { server: 'socketserver', developer: 'gone' } as const
      const head = (ref: string) => `commit ${ref}\ncommitter a <a@b> 0 +0000\ndata 1\nx\n`
      const input = `${head(liveRef(name))}${head(logRef(name))}done\n`
      await runOk(gitCommand(folder, ['fast-import', '--quiet', '--done']), { input })
      const refs = createLiveRefs(
        { layout, log: (_severity, message) => assert.fail(message), clock: createFakeClock() },
        { queueMax: 1 },
      )
      refs.stopped({ ...name, developer: 'dev1' })
      refs.repair([])
      await refs.written()
      assert.ok((await listSwitchRefs(layout, 'socketserver')).has(liveRef(name)), 'the queue was full')
      refs.repair([])
      await refs.written()
      // What was live of somebody who has gone is not ours to forget.
      assert.deepEqual([...(await listSwitchRefs(layout, 'socketserver')).keys()], [logRef(name)])
    } finally {
      await rm(root, { recursive: true, force: true })
    }
  })

  it('is written in its order once it can be, when it could not be at first', async () => {
    const root = await mkdtemp(join(tmpdir(), 'edgeyard-live-'))
    const layout = yardLayout(root)
    try {
      await ensureRepositories(layout)
      const dev = (developer: string) => ({ server: 'socketserver', developer }) as const
      const commits: string[] = []
      for (const message of ['One', 'Two', 'Three']) {
        const files = new Map([['src/main.ts', Buffer.from(message)]])
        await commitFiles(layout, { repository: 'socketserver', branch: 'dev1', message, files })
        commits.push((await listBranches(layout, 'socketserver')).get('dev1')!)
      }
      const [one, two, three] = commits as [string, string, string]
      const logged: string[] = []
      const clock = createFakeClock()
      const refs = createLiveRefs({ layout, clock, log: (_severity, message) => logged.push(message) })
      const by = { who: 'dev1', key: null }
      // As git leaves it when it is killed, or what a full disk comes to.
      const lock = join(layout.repository('socketserver'), `${logRef(dev('dev1'))}.lock`)
      await mkdir(dirname(lock), { recursive: true })
      await writeFile(lock, '')
      refs.switched(dev('dev1'), one, { by, what: 'push' })
      refs.switched(dev('dev2'), one, { by, what: 'push' })
      refs.switched(dev('dev1'), two, { by, what: 'rollback' })
      await refs.written()
      const standing = { name: dev('dev1'), live: two, stopped: false }
      refs.repair([standing, { ...standing, name: dev('dev2'), live: one }])
      await refs.written()
      const whats = async (developer: string) => (await readSwitches(layout, dev(developer))).map(({ what }) => what)
      assert.deepEqual([await whats('dev1'), await whats('dev2')], [[], ['push']])
      assert.equal(logged.length, 1, logged.join('\n'))
      assert.match(logged[0]!, /^Cannot write the switch of socketserver\/dev1, which is tried again: .*\.lock/s)

      // Later each time.
      const before = clock.next()
      clock.advance(TRY_AGAIN_MS)
      await until('it is tried again', () => clock.next() !== null && clock.next()! > TRY_AGAIN_MS)
      assert.deepEqual([before, clock.next()], [TRY_AGAIN_MS, 2 * TRY_AGAIN_MS])
      await rm(lock)
      clock.advance(2 * TRY_AGAIN_MS)
      await until('both are written', async () => (await whats('dev1')).length === 2)
      assert.deepEqual(await whats('dev1'), ['rollback', 'push'])
      assert.equal((await listSwitchRefs(layout, 'socketserver')).get(liveRef(dev('dev1'))), two)
      await until('that is told', () => logged.length === 2)
      assert.equal(logged[1], 'What was live of socketserver/dev1 is written now')

      // Nobody waits for ever for what will never be there.
      refs.switched(dev('dev1'), 'f'.repeat(40), { by, what: 'push' })
      refs.switched(dev('dev1'), three, { by, what: 'push' })
      await refs.written()
      assert.equal((await listSwitchRefs(layout, 'socketserver')).get(liveRef(dev('dev1'))), three)
      assert.match(logged[2]!, /commit f{40} is not there/)
    } finally {
      await rm(root, { recursive: true, force: true })
    }
  }).timeout(20_000)
})
