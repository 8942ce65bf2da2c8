// Developers come, change their name and go, while the others work.
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { httpGet } from './clients.ts'
import { namedScript } from './scripts.ts'
import { isAlive, processesOf, run, sharedYard, type TestYard, until } from './yard.ts'

describe('people', function () {
  this.timeout(180_000)
  let yard: TestYard
  before(async () => {
    yard = await sharedYard()
  })

  /** What everybody but one has: processes, ports, folders' owners. */
  const othersOf = async (name: string) => {
    const { sandboxes, redis, mysql, viewer } = await yard.status()
    return {
      sandboxes: sandboxes
        .filter(({ developer }) => developer !== name)
        .map(({ server, developer, pid, port, release }) => ({ server, developer, pid, port, release })),
      redis: redis.filter(({ developer }) => developer !== name),
      services: [mysql.pid, viewer.pid],
    }
  }
  const answerOf = async (developer: string) =>
    (await httpGet((await yard.sandbox('socketserver', developer)).url.replace('ws:', 'http:'))).body
  const refsOf = async (repository: string) =>
    (
      await run('git', [
        '--git-dir',
        join(yard.root, 'git', `${repository}.git`),
        'for-each-ref',
        '--format=%(refname)',
      ])
    ).stdout
  /** Everything in the root that is called by this name, but what was kept of it. */
  const tracesOf = async (name: string) => {
    const folders = [
      'keys',
      'state/developers',
      'socketserver',
      'dtserver',
      'httpserver',
      'redis',
      'edgeyard',
      'state/logins',
      'run/log',
      'state/sandboxes',
    ]
    const found = await Promise.all(
      folders.map(async (folder) =>
        (await readdir(join(yard.root, folder)).catch(() => []))
          .filter((file) => new RegExp(`(^|-)${name}($|\\.)`).test(file))
          .map((file) => `${folder}/${file}`),
      ),
    )
    const refs = await Promise.all(
      ['serverctrl', 'socketserver', 'dtserver', 'httpserver'].map(async (repository) =>
        (await refsOf(repository))
          .split('\n')
          .filter((ref) => /refs\/(heads|live|log)\//.test(ref) && ref.endsWith(`/${name}`)),
      ),
    )
    return [...found.flat(), ...refs.flat()]
  }

  it('who come have keys, ports, branches, Redis and a MySQL account, and nobody else has noticed', async () => {
    const before = await othersOf('ana')
    const key = await yard.makeKey('ana')
    const added = await yard.do('dev', 'add', 'ana', '--key', key)
    assert.match(added.stdout, /^git clone -b ana ssh:\/\/git@/)
    assert.match(added.stderr, /log page +http:\S+login#token=/)
    assert.deepEqual(await othersOf('ana'), before)
    const clone = await yard.clone('socketserver', 'ana')
    await clone.ship({ 'src/main.ts': namedScript('ana is here') })
    assert.equal(await answerOf('ana'), 'ana is here')
    const conf = await readFile(join(yard.root, 'socketserver/ana/conf/server.conf'), 'utf8')
    assert.match(conf, /user=yard-ana/)
    assert.match((await yard.cli('dev', 'add', 'ana')).stderr, /DEVELOPER_EXISTS.*|there is such a developer already/)
  })

  it('who get another name keep ports, data, branches and keys, and nobody else has noticed', async () => {
    const before = await othersOf('ana')
    const { port, release } = await yard.sandbox('socketserver', 'ana')
    assert.match((await yard.cli('dev', 'rename', 'ana', 'dev1')).stderr, /there is such a developer already/)
    assert.match((await yard.cli('dev', 'rename', 'nobody', 'anna')).stderr, /there is no developer "nobody"/)
    assert.match((await yard.cli('dev', 'rename', 'ana', 'Anna')).stderr, /DEVELOPER_NAME|must be 1 to 31/)
    await yard.do('dev', 'rename', 'ana', 'anna')
    assert.deepEqual(await othersOf('anna'), before)
    const records = join(yard.root, 'edgeyard/master/logs')
    await until('the renaming is among the audit records', async () => {
      const texts = await Promise.all((await readdir(records)).map((file) => readFile(join(records, file), 'utf8')))
      return texts.some((text) =>
        /"audit":true,"who":"operator",.*"act":"dev rename".*"old":"ana","new":"anna"/.test(text),
      )
    })
    const now = await yard.sandbox('socketserver', 'anna')
    assert.deepEqual([now.port, now.release, now.state], [port, release, 'ready'])
    assert.equal(await answerOf('anna'), 'ana is here')
    assert.deepEqual(await tracesOf('ana'), [])
    // The key is the same, the name and the branch are new.
    const pushed = await run('cp', [join(yard.folder, 'ana.key'), join(yard.folder, 'anna.key')])
    assert.equal(pushed.exitCode, 0)
    const clone = await yard.clone('socketserver', 'anna')
    await clone.ship({ 'src/main.ts': namedScript('anna is here') })
    assert.equal(await answerOf('anna'), 'anna is here')
  })

  it('have one name or the other when the daemon is killed while it changes', async () => {
    let name = 'anna'
    for (const [next, afterMs] of [
      ['anne', 60],
      ['anja', 250],
      ['antje', 700],
    ] as const) {
      const { pid } = await yard.status()
      const renaming = yard.cli('dev', 'rename', name, next)
      // Any moment will do: whenever it was, it must come out right.
      await new Promise((resolve) => setTimeout(resolve, afterMs))
      process.kill(pid, 'SIGKILL')
      await renaming
      await until('the daemon is gone', () => !isAlive(pid))
      await yard.up()
      const names = new Set((await yard.status()).sandboxes.map(({ developer }) => developer))
      const [old, now] = names.has(next) ? [name, next] : [next, name]
      assert.ok(names.has(now) && !names.has(old), [...names].join())
      assert.deepEqual(await tracesOf(old), [])
      assert.equal(await answerOf(now), 'anna is here')
      assert.equal(existsSync(join(yard.root, 'state/rename.json')), false)
      name = now
    }
    if (name !== 'anna') await yard.do('dev', 'rename', name, 'anna')
  })

  it('who go leave nothing but their branches, and their ports to the next', async () => {
    const before = await othersOf('anna')
    const { port } = await yard.sandbox('socketserver', 'anna')
    await yard.do('dev', 'rm', 'anna', '--yes')
    assert.deepEqual(await othersOf('anna'), before)
    assert.deepEqual(await tracesOf('anna'), [])
    assert.match(await refsOf('socketserver'), /refs\/removed\/anna\/[0-9a-f]{12}/)
    assert.deepEqual(
      processesOf(yard.root).filter((line) => /anna/.test(line)),
      [],
    )
    assert.deepEqual(
      (await readdir(join(yard.root, 'state/removed')).catch(() => [])).filter((one) => /^anna/.test(one)),
      [],
    )
    const query = ['--no-defaults', `--socket=${yard.root}/run/mysql/mysql.sock`, '-Ne', 'SELECT user FROM mysql.user']
    assert.doesNotMatch((await run('mariadb', query)).stdout, /anna|\bana\b/)

    // A port that another program has is passed over, and told with whose it is.
    const other = createServer()
    const dtserver = port + 60
    await new Promise<void>((resolve) => other.listen(dtserver, '127.0.0.1', resolve))
    const added = await yard.do('dev', 'add', 'bea')
    await new Promise((resolve) => other.close(resolve))
    assert.match(
      added.stderr,
      new RegExp(`port ${dtserver} for dtserver of bea: it is in use by pid ${process.pid} .*the next one`),
    )
    assert.equal((await yard.sandbox('socketserver', 'bea')).port, port)
    assert.notEqual((await yard.sandbox('dtserver', 'bea')).port, dtserver)
    await yard.do('dev', 'rm', 'bea', '--keep-data')
    const kept = (await readdir(join(yard.root, 'state/removed'))).filter((one) => /^bea-/.test(one))
    assert.equal(kept.length, 1)
    const kinds = (await readdir(join(yard.root, 'state/removed', kept[0]!))).sort()
    assert.deepEqual(kinds, ['dtserver', 'edgeyard', 'redis', 'socketserver'])
  })

  it('are not half made where a range is full, which may be widened while the yard runs', async () => {
    const file = join(yard.root, 'yard.yml')
    const settings = await readFile(file, 'utf8')
    const { port } = await yard.sandbox('dtserver', 'master')
    const say = (range: string) => writeFile(file, `${settings.trimEnd()}\nports: { dtserver: ${range} }\n`)
    try {
      await say(`${port}-${port + 1}`)
      const refused = await yard.cli('dev', 'add', 'cleo')
      assert.equal(refused.exitCode, 1)
      const why = `the range dtserver: ${port}-${port + 1} is full \\(port ${port + 1} is that of dtserver of dev1\\); widen it in yard.yml`
      assert.match(refused.stderr, new RegExp(why))
      assert.doesNotMatch((await yard.do('dev', 'list')).stdout, /cleo/)
      await say(`${port}-${port + 59}`)
      const before = await othersOf('cleo')
      await yard.do('dev', 'add', 'cleo')
      assert.deepEqual(await othersOf('cleo'), before)
      await yard.do('dev', 'rm', 'cleo', '--yes')
    } finally {
      await writeFile(file, settings)
    }
  })
})
