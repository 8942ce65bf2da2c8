import assert from 'node:assert/strict'
import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { yardLayout } from '../sandbox/layout.ts'
import { DEFAULT_LOGS } from '../settings/settings.ts'
import { createRetention } from './retention.ts'

describe('the retention of records', () => {
  it('lets go of sealed lines and old days, says so, and is led nowhere by a link', async () => {
    const root = realpathSync(mkdtempSync(join(tmpdir(), 'edgeyard-retention-')))
    try {
      const layout = yardLayout(root)
      const put = (path: string, text = 'x\n') => {
        mkdirSync(dirname(path), { recursive: true })
        writeFileSync(path, text)
        return path
      }
      const logs = (name: string) => join(layout.logs('socketserver', 'dev1'), name)
      const archive = (name: string) => join(layout.archive, 'socketserver', 'dev1', name)
      const kept = [
        put(logs('2026-11-20.jsonl')),
        put(logs('2026-11-18.jsonl')),
        put(archive('2026-11-18.json'), '{"bytes":2}'),
        put(archive('2026-11-18.parquet')),
        put(logs('2026-11-05.jsonl'), 'grown since\n'),
        put(archive('2026-11-05.json'), '{"bytes":2}'),
        put(archive('2026-11-05.errors.parquet')),
        put(archive('2026-11-04.parquet')),
        put(archive('2026-10-01.errors.parquet')),
        put(logs('notes.txt')),
        put(join(root, 'elsewhere', '2020-01-01.parquet')),
        put(join(root, 'elsewhere', '2020-01-02.json')),
      ]
      mkdirSync(join(layout.archive, 'redis'), { recursive: true })
      symlinkSync(join(root, 'elsewhere'), join(layout.archive, 'redis', 'dev1'))
      const gone = [
        put(logs('2026-11-04.jsonl')),
        put(logs('2026-10-01.jsonl')),
        put(archive('2026-10-01.parquet')),
        put(archive('2026-01-01.errors.parquet')),
        // Nothing is left of this day, and so nothing that says what it was made from.
        put(archive('2026-01-01.json'), '{"bytes":2}'),
        put(archive('2026-01-02.json'), '{"bytes":2}'),
      ]
      put(archive('2026-11-04.json'), '{"bytes":2}')
      const told: string[] = []
      const log = (severity: string, message: string) => void told.push(`${severity} ${message}`)
      const now = () => Date.parse('2026-11-20T12:00:00.000Z')
      const retention = createRetention({ layout, logs: DEFAULT_LOGS, log }, now)
      await retention.run()
      await retention.run()
      await retention.close()
      for (const path of kept) assert.ok(existsSync(path), path)
      for (const path of gone) assert.ok(!existsSync(path), path)
      assert.deepEqual(told, [
        'info 1 files of records, 2 bytes, are kept as Parquet alone now (logs.plain_days)',
        'info 2 files of records, 4 bytes, have gone by age (logs.keep_days)',
        'info 1 files of records, 2 bytes, of errors have gone by age (logs.keep_error_days)',
      ])
    } finally {
      rmSync(root, { recursive: true })
    }
  })
})
