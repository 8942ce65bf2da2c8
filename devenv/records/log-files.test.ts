import assert from 'node:assert/strict'
import { appendFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseRecordLine } from '../../servers/contract/record.ts'
import { followLines, readNewest } from './log-files.ts'
import { renderRecord } from './show-records.ts'

const noPaint = (_style: string, text: string) => text
const numbered = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => `line ${from + i}`)
const text = (lines: readonly string[]) => lines.map((line) => `${line}\n`).join('')

describe('logs', () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'edgeyard-logs-'))
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))

  it('gives the newest lines over several days, oldest first', async () => {
    await writeFile(join(folder, '2026-01-01.jsonl'), text(numbered(0, 10)))
    await writeFile(join(folder, '2026-01-02.jsonl'), text(numbered(10, 13)))
    await writeFile(join(folder, 'notes.txt'), 'not a day\n')
    assert.deepEqual((await readNewest(folder, { count: 5 })).lines, numbered(8, 13))
    assert.deepEqual((await readNewest(folder, { count: 100 })).lines, numbered(0, 13))
    assert.deepEqual((await readNewest(folder, { count: 0 })).lines, [])
  })

  it('finds the end of a large file whose characters lie across its chunks, and leaves a half line alone', async () => {
    const long = Array.from({ length: 3000 }, (_, i) => `${'ü€'.repeat(i % 50)} ${i}`)
    await writeFile(join(folder, '2026-01-01.jsonl'), `${text(long)}half`)
    assert.deepEqual((await readNewest(folder, { count: 2000 })).lines, long.slice(-2000))
  })

  it('says nothing for a folder that does not exist', async () => {
    assert.deepEqual(await readNewest(join(folder, 'none'), { count: 5 }), { lines: [], place: null })
  })

  it('follows what is written, over midnight, without losing or repeating a line', async () => {
    await writeFile(join(folder, '2026-01-01.jsonl'), `${text(['old'])}ha`)
    const { place } = await readNewest(folder, { count: 10 })
    const abort = new AbortController()
    const seen: string[] = []
    const wanted = ['half', 'day 2 a', 'day 2 b']
    const following = followLines(folder, place, {
      signal: abort.signal,
      onLine: (line) => {
        seen.push(line)
        if (seen.length === wanted.length) abort.abort()
      },
    })
    await appendFile(join(folder, '2026-01-01.jsonl'), 'lf\n')
    await writeFile(join(folder, '2026-01-02.jsonl'), text(['day 2 a']))
    await appendFile(join(folder, '2026-01-02.jsonl'), text(['day 2 b']))
    await following
    assert.deepEqual(seen, wanted)
  })

  it('follows a folder that is still empty', async () => {
    await mkdir(join(folder, 'new'))
    const abort = new AbortController()
    const seen: string[] = []
    const following = followLines(join(folder, 'new'), null, {
      signal: abort.signal,
      onLine: (line) => {
        seen.push(line)
        abort.abort()
      },
    })
    await writeFile(join(folder, 'new', '2026-01-02.jsonl'), 'first\n')
    await following
    assert.deepEqual(seen, ['first'])
  })

  it('shows a record on a line, its stack below, and no control characters of its own', () => {
    const line = JSON.stringify({
      time: '2026-01-02T03:04:05.678Z',
      severity: 'error',
      message: 'it \u001b[31mbroke\u202e',
      request: 'r1',
      stack: 'Error: x\n    at main.ts:1:2',
      fields: { player: 7, name: 'a b' },
    })
    const record = parseRecordLine(line, { server: 'socketserver', developer: 'dev1' })
    assert.equal(
      renderRecord(record, noPaint),
      [
        '2026-01-02 03:04:05.678 error  it \\u{1b}[31mbroke\\u{202e} player=7 name=a b r1',
        '    Error: x',
        '        at main.ts:1:2',
      ].join('\n'),
    )
  })
  it('never lets a text pass for a record', () => {
    const line = JSON.stringify({
      time: '2026-01-02T03:04:05.678Z',
      severity: 'info',
      message: 'a\n2026-01-02 03:04:06.000 error  b',
      fields: { text: 'c\n2026-01-02 03:04:07.000 error  d' },
    })
    const record = parseRecordLine(line, { server: 'socketserver', developer: 'dev1' })
    assert.deepEqual(renderRecord(record, noPaint).split('\n'), [
      '2026-01-02 03:04:05.678 info   a',
      '    2026-01-02 03:04:06.000 error  b text=c',
      '    2026-01-02 03:04:07.000 error  d',
    ])
  })
})
