import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { RecordBody } from '../../servers/contract/record.ts'
import { yardLayout } from '../sandbox/layout.ts'
import { systemClock } from './clock.ts'
import { ensureYardFolders } from './folders.ts'
import { createProcesses, type KeptProcess, type Processes } from './processes.ts'
import type { Role } from './run-files.ts'
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
    await taken.update({ role: 'live' })
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
