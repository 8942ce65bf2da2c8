// From the file to searchable, and every question beside ripgrep on the same files.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Section } from '../row.ts'
import { dayText, generateLogs } from './generate.ts'
import type { Pace } from './main.ts'

export async function benchStore(pace: Pace, report: (section: Section) => void): Promise<void> {
  const root = mkdtempSync(join(tmpdir(), 'edgeyard-bench-logs-'))
  try {
    const begin = performance.now()
    const lastDay = dayText(Date.now())
    const made = generateLogs(root, { records: pace.records, developers: 40, days: 10, lastDay, seed: 5 })
    report({
      title: `${made.records} records in ${made.files} files`,
      rows: [
        { title: 'to make them', unit: '/s', values: [made.records / ((performance.now() - begin) / 1000)] },
        { title: 'a record, as a line', unit: 'B', values: [made.bytes / made.records] },
      ],
    })
  } finally {
    rmSync(root, { recursive: true })
  }
}
