import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SERVERS } from '../../servers/contract/names.ts'
import { runOk } from '../exec/run-command.ts'
import { gitCommand } from '../git/git.ts'
import { initBare } from '../git/simple.ts'
import { listSwitchRefs, liveRef, logRef, readSwitches } from '../git/switch-log.ts'
import { yardLayout } from '../sandbox/layout.ts'
import { createLiveRefs } from './live-refs.ts'

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
      const refs = createLiveRefs({ layout, log: (_severity, message) => assert.fail(message) })
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
      const refs = createLiveRefs({ layout, log: (_severity, message) => assert.fail(message) }, { queueMax: 1 })
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
})
