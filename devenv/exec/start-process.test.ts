import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { identifyProcess, isAlive, residentBytes, signalProcess } from './process-table.ts'
import { startProcess } from './start-process.ts'

const node = (script: string) => ({ file: process.execPath, args: ['-e', script] })

/** Says ready on fd 3, repeats what it is told there, ends when the channel does. */
const ECHO = `
const channel = new (require('node:net').Socket)({ fd: 3 })
channel.write('{"type":"ready"}\\n')
channel.on('data', (chunk) => channel.write(chunk))
channel.on('end', () => process.exit(5))
console.log('out'); console.error('err')
`

describe('startProcess', () => {
  let folder: string
  let outputFile: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'edgeyard-exec-'))
    outputFile = join(folder, 'output.log')
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))

  it('talks over fd 3 and appends output to the file', async () => {
    await writeFile(outputFile, 'before\n')
    const started = await startProcess(node(ECHO), { outputFile })
    assert.equal(await started.channel.next(), '{"type":"ready"}')
    started.channel.send({ type: 'listen' })
    assert.equal(await started.channel.next(), '{"type":"listen"}')
    started.channel.close()
    assert.deepEqual(await started.exited, { exitCode: 5, signal: null })
    assert.equal(await readFile(outputFile, 'utf8'), 'before\nout\nerr\n')
  })

  it('leads a session of its own, so that our terminal does not reach it', async () => {
    const started = await startProcess(node(ECHO), { outputFile })
    const session = (await readFile(`/proc/${started.pid}/stat`, 'utf8')).split(') ')[1]?.split(' ')[3]
    assert.equal(session, `${started.pid}`)
    started.channel.close()
    await started.exited
  })

  it('does not write through a link', async () => {
    await symlink(join(folder, 'elsewhere'), outputFile)
    await assert.rejects(startProcess(node(''), { outputFile }), { code: 'ELOOP' })
  })

  it('cuts off a channel that sends a line without an end', async () => {
    const flood = `require('node:fs').writeSync(3, 'x'.repeat(70000)); setInterval(() => {}, 1000)`
    const started = await startProcess(node(flood), { outputFile })
    await assert.rejects(started.channel.next(), { code: 'PROTOCOL' })
    process.kill(started.pid, 'SIGKILL')
    assert.deepEqual(await started.exited, { exitCode: null, signal: 'SIGKILL' })
    assert.equal(await started.channel.next().catch((error) => error.code), 'PROTOCOL')
  })

  it('knows a process again by its start, and never signals another', async () => {
    const started = await startProcess(node(ECHO), { outputFile })
    await started.channel.next()
    const identity = identifyProcess(started.pid)
    assert.ok(identity)
    assert.equal(isAlive(identity), true)
    assert.ok((residentBytes(started.pid) ?? 0) > 1_000_000)
    const another = { ...identity, startTicks: identity.startTicks - 1 }
    assert.equal(signalProcess(another, 'SIGKILL'), false)
    assert.equal(signalProcess(identity, 'SIGKILL'), true)
    assert.equal((await started.exited).signal, 'SIGKILL')
    assert.equal(isAlive(identity), false)
  })
})
