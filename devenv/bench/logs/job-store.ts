// From the file to searchable, and every question beside ripgrep on the same files.
import { type ChildProcess, fork, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Row, Section } from '../row.ts'
import { dayText, generateLogs, SERVERS } from './generate.ts'
import type { Pace } from './main.ts'
import { ABSENT, COMMON, RARE } from './make-records.ts'
import type { StoreRequest } from './store-process.ts'

const DEVELOPERS = 40
const DAYS = 10
/** Of the yard whose closed days are made Parquet: files as large as in the large one, and never so small that only heads count. */
const ARCHIVED_DAYS = 5
const ARCHIVED_RECORDS_MIN = 4000

export const RIPGREP = 'ripgrep on the same files'
/** What a search may take at 20 million records, against ripgrep; the same at any size, because both grow with it. */
const RIPGREP_RATIO_MAX = 3

export async function benchStore(pace: Pace, report: (section: Section) => void): Promise<void> {
  const root = mkdtempSync(join(tmpdir(), 'edgeyard-bench-logs-'))
  try {
    const yard = join(root, 'yard')
    const begin = performance.now()
    const lastDay = dayText(Date.now())
    const plan = { developers: DEVELOPERS, days: DAYS, lastDay, seed: 5 }
    const made = generateLogs(yard, { ...plan, records: pace.records })
    const seconds = (performance.now() - begin) / 1000
    report({
      title: `${made.records} records in ${made.files} files`,
      rows: [
        { title: 'to make them', unit: '/s', values: [made.records / seconds] },
        { title: 'a record, as a line', unit: 'B', values: [made.bytes / made.records] },
      ],
    })
    report(await ask({ job: 'ingest', root: yard, derived: join(root, 'index'), records: made.records }))
    const questions = await ask({
      job: 'questions',
      root: yard,
      derived: join(root, 'index'),
      rounds: pace.rounds,
      records: made.records,
      day: made.days.at(-3)!,
    })
    report(questions)
    report(compare(questions, yard, pace.rounds))
    const small = generateLogs(join(root, 'small'), {
      ...plan,
      developers: 1,
      days: ARCHIVED_DAYS,
      records: SERVERS.length * ARCHIVED_DAYS * Math.max(ARCHIVED_RECORDS_MIN, made.records / made.files),
    })
    const archive = { archive: join(root, 'days'), derived: join(root, 'small-index'), root: join(root, 'small') }
    report(await ask({ job: 'archive', ...archive, records: small.records }))
  } finally {
    rmSync(root, { recursive: true })
  }
}

/** In a process of its own, so that nothing but the store is in its memory. */
async function ask(request: StoreRequest): Promise<Section> {
  const child: ChildProcess = fork(fileURLToPath(new URL('store-process.js', import.meta.url)))
  try {
    child.send(request)
    const [section] = (await Promise.race([
      once(child, 'message'),
      once(child, 'exit').then(([code]) => {
        throw new Error(`The store's process has ended with ${code}`)
      }),
    ])) as [Section]
    return section
  } finally {
    child.kill()
  }
}

function compare(questions: Section, yard: string, rounds: number): Section {
  const rows: Row[] = []
  for (const word of [COMMON, RARE, ABSENT]) {
    const values = Array.from({ length: rounds }, () => {
      const begin = performance.now()
      const { error, status } = spawnSync('rg', ['--ignore-case', '--fixed-strings', '--count', word, yard])
      return error === undefined && (status === 0 || status === 1) ? performance.now() - begin : Number.NaN
    })
    if (values.some(Number.isNaN))
      return { title: 'ripgrep is not installed', rows: [{ title: '-', unit: '', values: [0] }] }
    rows.push({ title: `all lines with "${word}"`, unit: 'ms', values })
    const ours = questions.rows.find(({ title }) => title.includes(`"${word}"`))
    if (ours === undefined) continue
    const ratio = Math.min(...ours.values) / Math.min(...values)
    rows.push({ title: '  the store against it', unit: '×', values: [ratio], atMost: RIPGREP_RATIO_MAX })
  }
  return { title: RIPGREP, rows }
}
