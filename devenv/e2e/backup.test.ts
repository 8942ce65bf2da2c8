// A yard is saved while it runs, and lives again in another folder.
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { copyFile, mkdir, mkdtemp, open, readdir, readFile, realpath, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { yardLayout } from '../sandbox/layout.ts'
import { httpGet } from './clients.ts'
import { namedScript } from './scripts.ts'
import { findPortBlock, isAlive, run, TestYard } from './yard.ts'

describe('a backup', function () {
  this.timeout(180_000)
  let folder: string
  let yard: TestYard
  let file: string

  const restored = (name: string) => new TestYard(join(folder, name), yard.portsFrom)
  const redis = async (root: string, ...args: string[]) => {
    const layout = yardLayout(root)
    const { redisPassword } = JSON.parse(await readFile(join(layout.developers, 'ana.json'), 'utf8')) as Record<
      string,
      string
    >
    const options = ['-s', layout.redis('ana').socket, '--no-auth-warning', '-a', redisPassword!]
    return (await run('redis-cli', [...options, ...args])).output.trim()
  }
  const sql = async (root: string, text: string) =>
    (await run('mariadb', ['--no-defaults', `--socket=${root}/run/mysql/mysql.sock`, '-Ne', text])).output.trim()
  const answerOf = async (one: TestYard) =>
    (await httpGet((await one.sandbox('socketserver', 'ana')).url.replace('ws:', 'http:'))).body

  before(async () => {
    folder = await realpath(await mkdtemp(join(tmpdir(), 'edgeyard-backup-')))
    yard = new TestYard(join(folder, 'first'), await findPortBlock())
    await mkdir(yard.root, { recursive: true })
    await writeFile(join(yard.root, 'yard.yml'), '# ours\ndevelopers_initial: [ana]\n')
    await yard.up()
    await yard.do('dev', 'key', 'add', 'ana', await yard.makeKey('ana'))
    await (await yard.clone('socketserver', 'ana')).ship({ 'src/main.ts': namedScript('saved') })
    assert.equal(await redis(yard.root, 'set', 'gold', '7'), 'OK')
    assert.equal(
      await sql(
        yard.root,
        "CREATE TABLE edgeyard.saved (id INT, name TEXT); INSERT INTO edgeyard.saved VALUES (1, 'Ünal'), (2, NULL)",
      ),
      '',
    )
    file = join(folder, 'yard.tar.gz')
  })
  after(async () => {
    for (const one of [yard, restored('second')]) if (existsSync(one.root)) await one.cli('down')
    await rm(folder, { recursive: true, force: true })
  })

  it('is one file that nobody else can read, made while everything runs on', async () => {
    const before = await yard.pids()
    const made = JSON.parse((await yard.do('backup', file, '--json')).stdout) as Record<string, unknown>
    assert.deepEqual(made.developers, ['master', 'ana'])
    assert.equal((await stat(file)).mode & 0o777, 0o600)
    assert.deepEqual(await yard.pids(), before)
    assert.deepEqual(
      (await readdir(folder)).filter((name) => name.startsWith('yard.tar.gz.')),
      [],
    )
    assert.match((await yard.cli('backup', file)).stderr, /is there already/)
    assert.match((await yard.cli('backup', join(folder, 'yard.zip'))).stderr, /must end in .tar.gz or .tar.zst/)
  })

  it('is not restored over anything, nor when a byte of it has changed', async () => {
    assert.match((await yard.cli('restore', file)).stderr, /A yard runs in/)
    const other = restored('other')
    await mkdir(other.root, { recursive: true })
    await writeFile(join(other.root, 'mine'), '')
    assert.match((await other.cli('restore', file)).stderr, /it is not empty/)
    await rm(join(other.root, 'mine'))

    const parts = join(folder, 'parts')
    await mkdir(parts)
    await run('tar', ['-xzf', file, '-C', parts])
    const key = await open(join(parts, 'keys/ana.pub'), 'a')
    await key.write('# one more\n').finally(() => key.close())
    await writeFile(join(parts, 'state/strange'), '')
    const broken = join(folder, 'broken.tar.gz')
    await run('tar', ['-czf', broken, '-C', parts, '.'])
    const { stderr, exitCode } = await other.cli('restore', broken)
    assert.equal(exitCode, 1)
    assert.match(stderr, /keys\/ana.pub is not what was saved; state\/strange was not saved by edgeyard/)
    const cut = join(folder, 'cut.tar.gz')
    await writeFile(cut, (await readFile(file)).subarray(0, 5_000))
    assert.match((await other.cli('restore', cut)).stderr, /Cannot use this backup/)
    assert.deepEqual(await readdir(other.root), [])
    assert.deepEqual(await readdir(other.folder), ['yard'])
  })

  it('becomes a yard in another folder, where code, data, accounts and keys are, and pushes go on', async () => {
    const host = await readFile(join(yard.root, 'state/ssh_host_ed25519_key'), 'utf8')
    const { pid } = await yard.status()
    await redis(yard.root, 'set', 'gold', '8')
    await yard.down()
    assert.ok(!isAlive(pid))
    const second = restored('second')
    await mkdir(second.folder)
    await second.do('restore', file)
    assert.equal(await readFile(join(second.root, 'state/ssh_host_ed25519_key'), 'utf8'), host)
    assert.match(await readFile(join(second.root, 'yard.yml'), 'utf8'), /^# ours/)
    await second.do('up', '--detach')
    assert.equal(await answerOf(second), 'saved')
    assert.equal(await redis(second.root, 'get', 'gold'), '7')
    assert.equal(await sql(second.root, 'SELECT * FROM edgeyard.saved ORDER BY id'), '1\tÜnal\n2\tNULL')
    for (const key of ['ana.key', 'ana.key.pub']) await copyFile(join(yard.folder, key), join(second.folder, key))
    await (await second.clone('socketserver', 'ana')).ship({ 'src/main.ts': namedScript('alive again') })
    assert.equal(await answerOf(second), 'alive again')
    assert.ok((await second.status()).sandboxes.every(({ state }) => state === 'ready'))
  })
})
