// A whole yard on the real programs, started and stopped in this process.
import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readdir, readFile, realpath, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createContext } from '../commands/context.ts'
import { renderCheck } from '../commands/render-check.ts'
import { callControl } from '../control/call.ts'
import { addDeveloper, removeDeveloper } from '../developers/developers.ts'
import { findPortBlock, processesOf, projectRoot, until } from '../e2e/yard.ts'
import { runOk } from '../exec/run-command.ts'
import { commitFiles } from '../git/commit-files.ts'
import { gitCommand } from '../git/git.ts'
import { listBranches } from '../git/refs.ts'
import { type YardLayout, yardLayout } from '../sandbox/layout.ts'
import { planPorts } from '../sandbox/ports.ts'
import { parseSettings } from '../settings/read-settings.ts'
import { type Daemon, runDaemon } from './daemon.ts'

describe('the daemon', function () {
  this.timeout(120_000)
  let layout: YardLayout
  let portsFrom: number
  const said: string[] = []
  const start = (onProgress: (line: string) => void = () => {}) =>
    runDaemon({
      ...{ root: layout.root, projectRoot },
      onProgress(line) {
        said.push(line)
        onProgress(line)
      },
      settings: parseSettings(`ports_from: ${portsFrom}\ndevelopers_initial: [ada]\n`, 'yard.yml'),
    })
  before(async () => {
    layout = yardLayout(await realpath(await mkdtemp(join(tmpdir(), 'edgeyard-daemon-'))))
    portsFrom = await findPortBlock()
  })
  after(() => rm(layout.root, { recursive: true, force: true }))

  it('names every port that is taken, and by whom, before it starts anything', async () => {
    const ports = [planPorts(portsFrom).server('dtserver', 1), planPorts(portsFrom).redis(0)]
    const servers = await Promise.all(
      ports.map(
        (port) =>
          new Promise<ReturnType<typeof createServer>>((resolve) => {
            const server = createServer()
            server.listen(port, '127.0.0.1', () => resolve(server))
          }),
      ),
    )
    await assert.rejects(start(), (error: Error & { code: string }) => {
      assert.equal(error.code, 'PORT_TAKEN')
      assert.match(
        error.message,
        new RegExp(`port ${ports[0]} for dtserver of ada: it is in use by pid ${process.pid}`),
      )
      assert.match(error.message, new RegExp(`port ${ports[1]} for redis of master`))
      return true
    })
    await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
    assert.deepEqual(await readdir(join(layout.run, 'processes')), [])
  })

  /** Starts a daemon, and another that waits for it, as `up` does, from its first moment on. */
  const startBeside = async () => {
    const starting = start()
    const heard: string[] = []
    const onProgress = (line: string) => heard.push(line)
    const wait = (): Promise<unknown> =>
      callControl(layout.control, 'up', {}, { onProgress }).catch((error) =>
        error.cause?.code === 'ENOENT' ? wait() : Promise.reject(error),
      )
    const [daemon, waited] = await Promise.allSettled([starting, wait()])
    return { daemon, waited, heard }
  }

  it('tells whoever waits for it why it does not come up', async () => {
    const ssh = createServer()
    await new Promise<void>((resolve) => ssh.listen(planPorts(portsFrom).ssh, '127.0.0.1', resolve))
    const { daemon, waited } = await startBeside()
    await new Promise((resolve) => ssh.close(resolve))
    const why = daemon.status === 'rejected' ? daemon.reason : assert.fail('it is up')
    assert.equal(why.code, 'PORT_TAKEN')
    assert.ok(waited.status === 'rejected')
    assert.deepEqual([waited.reason.code, waited.reason.message], [why.code, why.message])
  })

  describe('of a yard that is up', () => {
    let daemon: Daemon
    const sandboxes = async () =>
      (await daemon.status()).sandboxes.map(({ developer, server, state }) => `${developer} ${server} ${state}`)
    before(async () => {
      // Two at once: one of them, and only one, has the root.
      const [one, other] = await Promise.allSettled([start(), start()])
      const [won, lost] = one.status === 'fulfilled' ? [one, other] : [other, one]
      if (won.status === 'rejected') throw won.reason
      daemon = won.value
      assert.equal(lost.status === 'rejected' && lost.reason.code, 'YARD_RUNNING')
    })
    after(async () => {
      await daemon?.stop()
    })

    it('has made everything ready and said so', async () => {
      assert.deepEqual(await sandboxes(), [
        ...['master httpserver ready', 'master socketserver ready', 'master dtserver ready'],
        ...['ada socketserver ready', 'ada dtserver ready'],
      ])
      const { redis, mysql, viewer } = await daemon.status()
      assert.ok([...redis.map(({ pid }) => pid), mysql.pid, viewer.pid].every((pid) => pid !== null))
      for (const line of [/^mariadb is ready$/, /^redis of ada .* is ready$/, /^ssh is ready on port/]) {
        assert.ok(
          said.some((text) => line.test(text)),
          String(line),
        )
      }
    })

    it('is the only one of its root', async () => {
      await assert.rejects(start(), { code: 'YARD_RUNNING' })
      assert.equal((await sandboxes()).length, 5)
    })

    it('gives a new developer sandboxes, branches and stores, and puts aside what one leaves who goes', async () => {
      const before = (await daemon.status()).sandboxes.map(({ pid }) => pid)
      const served = async () =>
        Object.keys((await callControl(layout.control, 'confs', { server: 'socketserver', developers: null })).confs)
      await addDeveloper(layout, 'bob')
      assert.deepEqual(await served(), ['master', 'ada'], 'nobody waits for his sections')
      await callControl(layout.control, 'reconcile', {})
      assert.deepEqual(await served(), ['master', 'ada', 'bob'])
      assert.deepEqual((await sandboxes()).slice(5), ['bob socketserver ready', 'bob dtserver ready'])
      assert.equal((await daemon.status()).redis.length, 3)

      await removeDeveloper(layout, 'bob')
      assert.deepEqual(await served(), ['master', 'ada'])
      await callControl(layout.control, 'reconcile', {})
      const after = await daemon.status()
      assert.deepEqual(
        after.sandboxes.map(({ pid }) => pid),
        before,
        'nobody else has noticed',
      )
      assert.equal(after.redis.length, 2)
      assert.ok(!(await readdir(join(layout.root, 'socketserver'))).includes('bob'))
      const refs = await runOk(gitCommand(layout.repository('socketserver'), ['for-each-ref', '--format=%(refname)']))
      assert.match(refs.stdout.toString(), /^refs\/removed\/bob\/[0-9a-f]{12}$/m)
      assert.doesNotMatch(refs.stdout.toString(), /refs\/heads\/bob/)
    })

    it('tells a push to serverctrl what has become live, also when a reconcile was quicker than its switch', async () => {
      const name = { server: 'socketserver', developer: 'ada' } as const
      const [repository, work] = [layout.repository('serverctrl'), join(layout.root, 'work')]
      const git = (folder: string, ...args: string[]) => runOk({ file: 'git', args: ['-C', folder, ...args] })
      await git(layout.root, 'clone', '-q', '-b', 'ada', repository, work)
      const file = join(work, 'socketserver.values.yaml')
      await writeFile(file, (await readFile(file, 'utf8')).replace(/^(ada:.*?)\{/m, '$1{ LOG_LEVEL: debug,'))
      await git(work, '-c', 'user.name=ada', '-c', 'user.email=ada@example.org', 'commit', '-qam', 'More records')
      const conf = (await readFile(layout.sandbox(name).conf, 'utf8')).replace(/(error_log .*) \w+;/, '$1 debug;')
      const { commit, pid } = (await daemon.status()).sandboxes.find(
        (one) => one.pid !== null && one.developer === 'ada',
      )!
      const { booted } = await callControl(layout.control, 'boot', { candidates: [{ ...name, commit: commit!, conf }] })
      assert.deepEqual(booted, [name])
      // As git moves a ref, without hooks.
      await git(repository, 'fetch', '-q', work, 'ada:refs/heads/ada')
      await callControl(layout.control, 'reconcile', {})
      const zero = '0'.repeat(40)
      const updates = [{ ref: 'refs/heads/ada', oldCommit: zero, newCommit: zero }]
      const told = () => callControl(layout.control, 'switch', { repository: 'serverctrl', updates })
      const { live, failures } = await told()
      assert.deepEqual(
        [live.map(({ server, developer }) => `${server} ${developer}`), failures],
        [['socketserver ada'], []],
      )
      assert.notEqual(live[0]?.pid, pid)
      assert.deepEqual((await told()).live, [], 'it is told once')
    })

    it('tells a push to serverctrl that its idle_stop does nothing, with file and line', async () => {
      const work = join(layout.root, 'operator')
      const git = (...args: string[]) =>
        runOk({ file: 'git', args: ['-c', 'user.name=o', '-c', 'user.email=o@example.org', '-C', work, ...args] })
      await runOk({ file: 'git', args: ['clone', '-q', '-b', 'master', layout.repository('serverctrl'), work] })
      const change = async (file: string, from: string, to: string) => {
        const text = await readFile(join(work, file), 'utf8')
        assert.ok(text.includes(from))
        await writeFile(join(work, file), text.replace(from, to))
      }
      await change('dtserver.values.yaml', 'IDLE_STOP: off', 'IDLE_STOP: 10m')
      await change(
        'dtserver.conf.hbs',
        '    server_name',
        '    listen unix:{{ROOT}}/dtserver/{{USER_NAME}}/run/x.sock;\n    server_name',
      )
      await git('commit', '-qam', 'Sleep')
      const { stderr } = await git('push', 'origin', 'HEAD:master')
      assert.match(
        stderr,
        /remote: warning: dtserver\.values\.yaml:\d+:14: idle_stop does nothing here, it never sleeps/,
      )
      assert.equal(stderr.match(/warning:/g)?.length, 1, stderr)
      const printed: string[] = []
      const paint = (_style: string, text: string) => text
      const terminal = { print: (text: string) => printed.push(text), tell: () => {}, paint, paintTold: paint }
      const yard = { root: layout.root, cwd: '/', command: 'edgeyard' }
      assert.equal(await renderCheck(createContext({ ...yard, projectRoot, terminal })), 0)
      assert.match(printed[0]!, /^Warning: dtserver\.values\.yaml:\d+:14: idle_stop does nothing here/)
      await git('revert', '--no-edit', 'HEAD')
      assert.doesNotMatch((await git('push', 'origin', 'HEAD:master')).stderr, /warning:/)
    })

    it("tells a developer nothing of another's sandbox that does not start, and the operator why", async () => {
      const tip = (await listBranches(layout, 'socketserver')).get('ada')!
      const files = new Map([['src/main.ts', Buffer.from("throw new Error('a secret of ada')\n")]])
      // Without hooks: as what was pushed while no daemon ran.
      await commitFiles(layout, { repository: 'socketserver', branch: 'ada', message: 'Broken', files })
      const tellTo = async (who: string) => {
        const lines: string[] = []
        const zero = '0'.repeat(40)
        const updates = [{ ref: 'refs/heads/bob', oldCommit: zero, newCommit: zero }]
        const options = { by: { who, key: null }, onProgress: (line: string) => lines.push(line) }
        const { failures } = await callControl(layout.control, 'switch', { repository: 'serverctrl', updates }, options)
        return JSON.stringify([lines, failures])
      }
      assert.equal(await tellTo('bob'), '[[],[]]')
      assert.match(await tellTo('operator'), /a secret of ada/)
      const repository = layout.repository('socketserver')
      await runOk(gitCommand(repository, ['update-ref', 'refs/heads/ada', tip]))
      await callControl(layout.control, 'reconcile', {})
    })

    it('goes on with a push beside a renaming under the new name, when that has ended', async () => {
      const ship = async (title: string, script: string) => {
        const files = new Map([['src/main.ts', Buffer.from(script)]])
        // As git moves a ref, without hooks.
        await commitFiles(layout, { repository: 'socketserver', branch: 'ada', message: title, files })
        return (await listBranches(layout, 'socketserver')).get('ada')!
      }
      const stateOf = async (developer: string) =>
        (await daemon.status()).sandboxes.find((one) => one.server === 'socketserver' && one.developer === developer)
      const rename = (from: string, to: string) => callControl(layout.control, 'rename', { from, to })
      // The renaming lasts as long as what runs takes to stop.
      const pause = 'new Promise((resolve) => setTimeout(resolve, 1500))'
      const slow = await ship('Slow to stop', `export default { message() {}, async stop() { await ${pause} } }\n`)
      await callControl(layout.control, 'reconcile', {})
      assert.equal((await stateOf('ada'))?.commit, slow)

      const renamed = rename('ada', 'adah')
      await until('ada is stopping', async () => (await stateOf('ada'))?.state === 'draining')
      const commit = await ship('Pushed meanwhile', 'export default { message() {} }\n')
      const updates = [{ ref: 'refs/heads/ada', oldCommit: slow, newCommit: commit }]
      const lines: string[] = []
      const options = { onProgress: (line: string) => lines.push(line) }
      const { live, failures } = await callControl(
        layout.control,
        'switch',
        { repository: 'socketserver', updates },
        options,
      )
      assert.deepEqual(
        [live.map((one) => [one.developer, one.state, one.commit]), failures],
        [[['adah', 'ready', commit]], []],
      )
      assert.deepEqual(lines, [
        'ada is just getting another name: waiting for that',
        'ada is called adah now, and the push is on the branch adah',
      ])
      await renamed
      await rename('adah', 'ada')
      assert.equal((await stateOf('ada'))?.commit, commit)
    })

    it('says that there is no such sandbox', async () => {
      const nobody = { server: 'socketserver', developer: 'nobody' } as const
      await assert.rejects(callControl(layout.control, 'restart', nobody), { code: 'SANDBOX_UNKNOWN' })
      const path = { server: 'socketserver', developer: '../x' } as const
      await assert.rejects(callControl(layout.control, 'stop', path), { code: 'PROTOCOL' })
    })

    it('starts when a developer came while it was down, and leaves nothing running when it stops', async () => {
      let beside: Promise<unknown> | undefined
      const onProgress = () => {
        beside ??= callControl(layout.control, 'up', {}).catch(String)
      }
      await callControl(layout.control, 'down', {}, { onProgress })
      assert.match(String(await beside), /The yard is going down/)
      await daemon.stopped
      assert.deepEqual(await readdir(join(layout.run, 'processes')), [])
      await addDeveloper(layout, 'eve')
      // As one leaves it that is killed in the middle of a push of its own.
      await mkdir(join(layout.scratch, 'push-left'), { recursive: true })
      const started = await startBeside()
      if (started.daemon.status === 'rejected') throw started.daemon.reason
      daemon = started.daemon.value
      assert.equal(started.waited.status, 'fulfilled')
      assert.match(started.heard[0]!, new RegExp(`coming up already \\(pid ${process.pid}\\)`))
      assert.match(started.heard.at(-1)!, /^ssh is ready on port/)
      assert.deepEqual(await readdir(layout.scratch), [])
      assert.deepEqual((await sandboxes()).slice(-2), ['eve socketserver ready', 'eve dtserver ready'])
      await daemon.stop()
      assert.deepEqual(await readdir(join(layout.run, 'processes')), [])
    })
  })

  describe('that is told to go down while it starts', () => {
    /** Asks for it in the moment in which the start says this, or in its first one. */
    const downWhen = async (line: RegExp | null) => {
      const down = (): Promise<unknown> =>
        callControl(layout.control, 'down', {}).catch((error) =>
          error.cause?.code === 'ENOENT' ? down() : Promise.reject(error),
        )
      let asked: Promise<unknown> | undefined
      const starting = start((text) => {
        if (line?.test(text)) asked ??= down()
      })
      if (line === null) asked = down()
      const [started, done] = await Promise.allSettled([starting, asked])
      if (started.status === 'fulfilled') await started.value.stop()
      assert.ok(started.status === 'rejected', `it came up: ${JSON.stringify(done)}`)
      assert.equal(started.reason.message, 'The yard was stopped before it was up')
      assert.equal(done.status, 'fulfilled')
      assert.deepEqual(running(), [])
      assert.deepEqual(await readdir(join(layout.run, 'processes')), [])
    }
    /** All but the git that reads objects for this very process. */
    const running = () => processesOf(layout.root).filter((line) => !line.includes('git cat-file --batch-command'))

    const MOMENTS: readonly (readonly [string, RegExp | null])[] = [
      ['at once', null],
      ['when its first service is up', /^rsyslogd? .*is ready$/],
      ['when its first sandbox is up', /server.* is ready: /],
    ]
    for (const [when, line] of MOMENTS) {
      it(`leaves nothing running: ${when}`, () => downWhen(line))
    }

    it('stops what it has adopted, too', async () => {
      const daemon = await start()
      await callControl(layout.control, 'hand-over', {})
      await daemon.stopped
      assert.notDeepEqual(running(), [])
      await downWhen(/are adopted$/)
    })
  })
})
