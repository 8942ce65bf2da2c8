import assert from 'node:assert/strict'
import { existsSync, lstatSync, readlinkSync } from 'node:fs'
import { chmod, chown, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Command } from './command.ts'
import { confine } from './confine.ts'
import { type Isolation, probeIsolation } from './probe-isolation.ts'
import { identifyProcess } from './process-table.ts'
import { startProcess } from './start-process.ts'

const node = (script: string): Command => ({ file: process.execPath, args: ['-e', script] })
const FIRST = 20_001
const SECOND = 20_002

describe('confine', () => {
  it('makes every folder on the way to a mount passable, outer mounts first', () => {
    const isolation: Isolation = {
      kind: 'bubblewrap',
      bubblewrap: 'bwrap',
      setpriv: 'setpriv',
      setsUid: true,
      systemArgs: [],
      filter: null,
    }
    const { args } = confine(
      { file: 'run', args: ['-x'], cwd: '/yard/a' },
      { isolation, uid: 5, readOnly: ['/yard/a'], readWrite: ['/yard/a/run'] },
    )
    const from = args.indexOf('/tmp') + 1
    assert.equal(
      args.slice(from).join(' '),
      '--perms 0755 --dir /yard --ro-bind /yard/a /yard/a --bind /yard/a/run /yard/a/run --chdir /yard/a -- ' +
        'setpriv --reuid 5 --regid 5 --clear-groups --no-new-privs --bounding-set=-all --inh-caps=-all -- run -x',
    )
  })

  it('falls back to a user of its own, and to nothing at all', () => {
    const command = { file: 'run', args: [] }
    const paths = { readOnly: [], readWrite: [] }
    const asUser = confine(command, {
      isolation: { kind: 'uid', why: '', setpriv: 's' },
      uid: 5,
      groups: [6],
      ...paths,
    })
    assert.equal(
      [asUser.file, ...asUser.args].join(' '),
      's --reuid 5 --regid 5 --groups 6 --no-new-privs --bounding-set=-all --inh-caps=-all -- run',
    )
    assert.deepEqual(confine(command, { isolation: { kind: 'none', why: '' }, uid: null, ...paths }), command)
  })

  it('works as root on a machine that has bubblewrap and lets us use it', async function () {
    if (process.getuid?.() !== 0 || !existsSync('/usr/bin/bwrap')) this.skip()
    const isolation = await probeIsolation({ asRoot: true })
    assert.equal(isolation.kind, 'bubblewrap', JSON.stringify(isolation))
  })

  it('says why a machine without bubblewrap cannot confine', async () => {
    const isolation = await probeIsolation({ asRoot: false, bubblewrap: '/no/such/bwrap' })
    assert.equal(isolation.kind, 'none')
    assert.match(isolation.kind === 'none' ? isolation.why : '', /ENOENT/)
  })
})

describe('a confined process (as root, with bubblewrap)', () => {
  let root: string
  let isolation: Isolation
  before(async function () {
    isolation = await probeIsolation({ asRoot: process.getuid?.() === 0 })
    if (isolation.kind !== 'bubblewrap' || !isolation.setsUid) this.skip()
    root = await mkdtemp(join(tmpdir(), 'edgeyard-confine-'))
    await chmod(root, 0o700)
    for (const [name, uid] of [
      ['first', FIRST],
      ['second', SECOND],
    ] as const) {
      await mkdir(join(root, name))
      await writeFile(join(root, name, 'secret'), name, { mode: 0o600 })
      await chown(join(root, name, 'secret'), uid, uid)
      await chown(join(root, name), uid, uid)
    }
    await writeFile(join(root, 'key'), 'key')
  })
  after(() => (root ? rm(root, { recursive: true, force: true }) : undefined))

  const start = (uid: number, mine: string, script: string) => {
    const command = confine(node(script), { isolation, uid, readOnly: [], readWrite: [join(root, mine)] })
    return startProcess(command, { outputFile: join(root, `${mine}.log`) })
  }
  const say = (expression: string) => `require('node:fs').writeSync(3, JSON.stringify(${expression}) + '\\n');`
  const tryTo = (expression: string) => `(() => { try { return ${expression} } catch (e) { return e.code } })()`

  it('reads and writes its own folder although the way there is closed to its user', async () => {
    const file = JSON.stringify(join(root, 'first', 'secret'))
    const run = `const fs = require('node:fs'); fs.writeFileSync(${file} + '2', 'new');`
    const process_ = await start(
      FIRST,
      'first',
      `${run}${say(`[process.getuid(), process.getgid(), process.getgroups(), fs.readFileSync(${file}, 'utf8')]`)}`,
    )
    assert.deepEqual(JSON.parse((await process_.channel.next()) ?? 'null'), [FIRST, FIRST, [FIRST], 'first'])
    await process_.exited
    assert.equal(await readFile(join(root, 'first', 'secret2'), 'utf8'), 'new')
  })

  it('finds the name of the zone in a link, where the machine has one', async function () {
    const zone = '/etc/localtime'
    if (!lstatSync(zone, { throwIfNoEntry: false })?.isSymbolicLink()) this.skip()
    const process_ = await start(FIRST, 'first', say(tryTo(`require('node:fs').readlinkSync('${zone}')`)))
    assert.equal(JSON.parse((await process_.channel.next()) ?? 'null'), readlinkSync(zone))
    await process_.exited
  })

  it('sees neither the folders of another, nor the files of the yard, nor the passwords of the machine', async () => {
    const paths = [join(root, 'second', 'secret'), join(root, 'key'), '/etc/shadow', '/root', '/home', '/var']
    const read = `${JSON.stringify(paths)}.map((path) => ${tryTo(`require('node:fs').statSync(path).size`)})`
    const process_ = await start(FIRST, 'first', say(read))
    assert.deepEqual(
      JSON.parse((await process_.channel.next()) ?? 'null'),
      paths.map(() => 'ENOENT'),
    )
    await process_.exited
  })

  it('neither sees nor signals the process of another, and has no rights', async () => {
    const other = await start(SECOND, 'second', `${say('process.pid')} setInterval(() => {}, 1000)`)
    assert.equal(await other.channel.next(), '1', 'its own namespace of processes')
    const look = `[require('node:fs').readdirSync('/proc').filter((name) => /^[0-9]/.test(name)),
      ${tryTo(`process.kill(${other.pid}, 0)`)},
      /CapEff:\\s+(\\w+)/.exec(require('node:fs').readFileSync('/proc/self/status', 'utf8'))[1],
      /NoNewPrivs:\\s+(\\w+)/.exec(require('node:fs').readFileSync('/proc/self/status', 'utf8'))[1]]`
    const process_ = await start(FIRST, 'first', say(look))
    assert.deepEqual(JSON.parse((await process_.channel.next()) ?? 'null'), [['1'], 'ESRCH', '0000000000000000', '1'])
    await process_.exited
    process.kill(other.pid, 'SIGKILL')
    assert.deepEqual(await other.exited, { exitCode: null, signal: 'SIGKILL' })
  })

  it('is known by the pid of the program itself', async () => {
    const process_ = await start(FIRST, 'first', `${say('1')} setInterval(() => {}, 1000)`)
    await process_.channel.next()
    assert.ok(identifyProcess(process_.pid))
    assert.match(await readFile(`/proc/${process_.pid}/cmdline`, 'utf8'), /^\S*node\0-e/)
    process.kill(process_.pid, 'SIGKILL')
    await process_.exited
    assert.equal(identifyProcess(process_.pid), null)
  })
})
