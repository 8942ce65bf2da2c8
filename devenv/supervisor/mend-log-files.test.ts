import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { mendLogFiles } from './mend-log-files.ts'

describe('mendLogFiles', () => {
  it('ends a line that was torn, in the newest file, and touches nothing else', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'edgeyard-mend-'))
    const files = { '2026-11-19.jsonl': '{"a":1', '2026-11-20.jsonl': '{"a":1}\n{"b"', 'notes.txt': 'x' }
    for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text)
    const texts = () => Promise.all(Object.keys(files).map((name) => readFile(join(folder, name), 'utf8')))
    for (let i = 0; i < 2; i++) {
      await mendLogFiles([folder, join(folder, 'none')])
      assert.deepEqual(await texts(), ['{"a":1', '{"a":1}\n{"b"\n', 'x'])
    }
    await rm(folder, { recursive: true })
  })
})
