import assert from 'node:assert/strict'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { RecordBody } from '../../servers/contract/record.ts'
import { identifyProcess } from '../exec/process-table.ts'
import { yardLayout } from '../sandbox/layout.ts'
import { systemClock } from './clock.ts'
import { ensureYardFolders } from './folders.ts'
import { createProcesses, type KeptProcess, type Processes } from './processes.ts'
import { type Role, readRunFiles } from './run-files.ts'
import { askUntil } from './within.ts'

const WAIT = { ms: 10_000 }

describe('what a process of the yard writes', () => {
  let root: string
  let processes: Processes
  const written: RecordBody[] = []
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'edgeyard-processes-'))
    await ensureYardFolders(yardLayout(root))
    written.length = 0
    const records = {
      write: (_source: unknown, body: (typeof written)[number]) => written.push(body),
      close: async () => {},
    }
    processes = createProcesses(yardLayout(root), records, systemClock)
  })
  afterEach(async () => {
    await processes.close()
    await rm(root, { recursive: true, force: true })
  })
  const start = (script: string, role: Role = 'candidate'): Promise<KeptProcess> =>
    processes.start(
      { file: process.execPath, args: ['-e', script] },
      { key: 'socketserver/dev1', role, source: { server: 'socketserver', developer: 'dev1' }, fingerprint: '' },
    )
  const records = () => written.map(({ severity, message, stack }) => [severity, message, stack ?? ''])
  const SAYS = `process.stderr.write('hello\\n  there\\nedge-server: [emerg] no\\n'); setInterval(() => {}, 1000)`
  const hasSpoken = async (kept: KeptProcess) =>
    assert.ok(await askUntil(async () => (await kept.lastLines()).length === 3, WAIT))

  it('is told as errors, or worse, when it is a candidate that is refused', async () => {
    const candidate = await start(SAYS)
    await hasSpoken(candidate)
    assert.deepEqual(records(), [], 'nobody knows yet what becomes of it')
    candidate.refuse()
    await candidate.stop('SIGKILL', 1_000)
    assert.deepEqual(records(), [
      ['error', 'hello', '  there'],
      ['emerg', 'no', ''],
    ])
  })

  it('is what it says when the candidate is taken, or not wanted after all', async () => {
    const [taken, dropped] = [await start(SAYS), await start(SAYS)]
    await hasSpoken(taken)
    await hasSpoken(dropped)
    taken.update({ role: 'live' })
    assert.deepEqual(records()[0], ['notice', 'hello', '  there'])
    await dropped.stop('SIGKILL', 1_000)
    assert.deepEqual(records()[2], ['notice', 'hello', '  there'])
    await taken.stop('SIGKILL', 1_000)
    assert.equal(written.length, 4)
  })

  it('says why it died when its heap was full, however many addresses came behind', async () => {
    const says = `console.error('FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory')
      for (let i = 0; i < 40; i++) console.error(' ' + i + ': 0xb78db3')
      console.error('Waiting for the debugger to disconnect...')
      process.abort()`
    const { ended } = await start(says, 'live')
    await ended
    const [severity, message, stack] = records().at(-1)!
    assert.equal(severity, 'emerg')
    assert.match(message!, /ended by SIGABRT: out of memory, the heap of JavaScript was full/)
    assert.match(stack!, /^FATAL ERROR: Reached heap limit/)
    assert.doesNotMatch(stack!, /debugger/)
  })

  it('may be missing in part when a signal has ended it, and the record of that says so', async () => {
    const { ended, run } = await start("process.kill(process.pid, 'SIGSEGV')", 'live')
    await ended
    const stubborn = await start(
      "process.on('SIGQUIT', () => {}); console.log('up'); setInterval(() => {}, 1000)",
      'live',
    )
    assert.ok(await askUntil(async () => (await stubborn.lastLines()).length === 1, WAIT))
    await stubborn.stop('SIGQUIT', 100)
    const missing = 'what it logged in its last moments may be missing'
    const [died, , killed] = written.map(({ message }) => message)
    assert.equal(died, `socketserver/dev1 (pid ${run.pid}) ended by SIGSEGV; ${missing}`)
    const { pid } = stubborn.run
    assert.equal(
      killed,
      `socketserver/dev1 (pid ${pid}) did not end within 0.1 s of SIGQUIT and was killed; ${missing}`,
    )
  })

  it('is nothing when it cannot be written down that it runs: it is ended at once', async () => {
    const { processes: files, outputs } = yardLayout(root)
    await rm(files, { recursive: true, force: true })
    await writeFile(files, '')
    await assert.rejects(start(`require('node:fs').writeFileSync('${root}/' + process.pid, ''); ${SAYS}`))
    assert.deepEqual(await readdir(outputs), [])
    for (const pid of (await readdir(root)).filter((name) => /^\d+$/.test(name)))
      assert.equal(identifyProcess(Number(pid)), null)
  })

  it('is written down later when it could not be at once', async () => {
    const { processes: files } = yardLayout(root)
    const kept = await start(SAYS)
    await rm(files, { recursive: true, force: true })
    await writeFile(files, '')
    kept.update({ role: 'live' })
    assert.equal(kept.run.role, 'live')
    await rm(files)
    assert.ok(await askUntil(async () => (await readRunFiles(yardLayout(root)))[0]?.role === 'live', WAIT))
    await kept.stop('SIGKILL', 1_000)
  })

  it('stands below the record of its death', async () => {
    const { ended, run } = await start(`console.log('a'); console.error('b'); process.exit(3)`, 'live')
    await ended
    assert.deepEqual(records(), [
      ['notice', 'a', ''],
      ['notice', 'b', ''],
      ['emerg', `socketserver/dev1 (pid ${run.pid}) ended with exit code 3`, 'a\nb'],
    ])
  })
})
