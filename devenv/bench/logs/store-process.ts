// The store in a process of its own: does one job, answers with its section.
import { once } from 'node:events'
import { appendFileSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { parseQuestion } from '../../../logs-viewer/query/parse-question.ts'
import type { ShownRecord } from '../../../logs-viewer/query/wire.ts'
import { createRecordStore, type OpenedStore } from '../../../logs-viewer/store/create-record-store.ts'
import { pssBytes } from '../memory.ts'
import type { Row, Section } from '../row.ts'
import { dayText } from './generate.ts'
import { ABSENT, COMMON, createRecordMaker, RARE } from './make-records.ts'

export type StoreRequest = {
  readonly root: string
  readonly derived: string
  readonly records: number
} & (
  | { readonly job: 'ingest' }
  | { readonly job: 'questions'; readonly rounds: number; readonly day: string }
  | { readonly job: 'archive'; readonly archive: string }
)

const POLL_MS = 100
const MIB = 1024 * 1024
const NEWS = 200
const { signal } = new AbortController()

const [request] = (await once(process, 'message')) as [StoreRequest]
process.send!(await run(request))

async function run(request: StoreRequest): Promise<Section> {
  const begin = performance.now()
  const archive = request.job === 'archive' ? request.archive : undefined
  const store = await createRecordStore({ root: request.root, derived: request.derived, archive, now: Date.now })
  try {
    if (request.job === 'ingest') return await ingest(store, request.records, begin)
    if (request.job === 'archive') return await keep(store, request)
    return await askAll(store, request)
  } finally {
    await store.close()
  }
}

async function ingest(store: OpenedStore, records: number, begin: number): Promise<Section> {
  let found = 0
  while (found < records) {
    await new Promise((resolve) => setTimeout(resolve, POLL_MS))
    ;({ records: found } = await store.status(store.sources()))
  }
  const seconds = (performance.now() - begin) / 1000
  const { user, system } = process.cpuUsage()
  return {
    title: 'from the file to searchable',
    rows: [
      { title: 'records', unit: '/s', values: [records / seconds], atLeast: 100_000 },
      { title: 'records for a second of a processor', unit: '/s', values: [(records / (user + system)) * 1e6] },
      { title: 'records that are not found', unit: '', values: [records - found], atMost: 0 },
      { title: 'memory after it', unit: 'MiB', values: [pssBytes(process.pid) / MIB], atMost: 500 },
    ],
  }
}

async function keep(
  store: OpenedStore,
  { derived, archive, records }: StoreRequest & { archive: string },
): Promise<Section> {
  const begin = performance.now()
  await store.caughtUp
  const seconds = (performance.now() - begin) / 1000
  const closed = new Set(filesIn(archive).map(({ name }) => name.slice(0, 10)))
  const share = closed.size / (await store.status(store.sources())).days
  const bytes = [...filesIn(derived), ...filesIn(archive)].filter(({ name }) => closed.has(name.slice(0, 10)))
  const sum = bytes.reduce((all, { size }) => all + size, 0)
  return {
    title: 'closed days as Parquet, compared with their log files',
    rows: [
      { title: 'records', unit: '/s', values: [(records * share) / seconds] },
      {
        title: 'a record on disk, with all that is known of it',
        unit: 'B',
        values: [sum / (records * share)],
        atMost: 45,
      },
      { title: 'memory after it', unit: 'MiB', values: [pssBytes(process.pid) / MIB], atMost: 500 },
    ],
  }
}

async function askAll(
  store: OpenedStore,
  { rounds, day, root }: StoreRequest & { rounds: number; day: string },
): Promise<Section> {
  await store.caughtUp
  const rows: Row[] = [
    { title: 'memory, nobody asks', unit: 'MiB', values: [pssBytes(process.pid) / MIB], atMost: 120 },
  ]
  const scope = store.sources()
  const ofDay = `from=${day}&to=${dayText(Date.parse(day) + 24 * 60 * 60 * 1000)}`
  const read =
    (query: string, limit = 200) =>
    async () => {
      const { records } = await store.read({ question: parse(query), scope, signal, limit })
      return `${records.length} records`
    }
  const search = (q: string) => async () => {
    let count = 0
    const page = { question: parse(new URLSearchParams({ q }).toString()), scope, signal, limit: 50 }
    await store.search(page, ({ found }) => {
      count += found?.length ?? 0
    })
    return `${count} hits`
  }
  const histogram = (query: string) => async () => {
    const { buckets } = await store.histogram({ question: parse(query), scope, signal }, 120)
    return `${buckets.length} buckets`
  }
  const errors = (query: string) => async () =>
    `${(await store.errors({ question: parse(query), scope, signal })).length} groups`
  const questions: [title: string, ask: () => Promise<string>, atMost?: number][] = [
    ['newest 200 of one sandbox', read('developer=dev7&server=socketserver'), 10],
    ['newest 200 of all', read('')],
    ['newest 200 errors of a day', read(`severity=error&${ofDay}`), 20],
    ['histogram of a day', histogram(ofDay), 30],
    ['histogram of a day, one developer', histogram(`developer=dev7&${ofDay}`), 30],
    ['histogram of everything', histogram('')],
    ['groups of errors of a day', errors(ofDay)],
    [`newest 50 with "${COMMON}" (common)`, search(COMMON), 20],
    [`newest 50 with "${RARE}" (rare)`, search(RARE), 250],
    [`newest 50 with "${ABSENT}" (absent)`, search(ABSENT), 300],
    ['a request’s id that is nowhere', search('0123456789abcdef0123456789abcdef'), 300],
    ['three characters that are nowhere', search('qzx')],
    ['a field, room.id:499 players:63', search('room.id:499 players:63')],
    ['/slow query: 31\\d\\d ms/', search('/slow query: 31\\d\\d ms/')],
  ]
  for (const [title, ask, atMost] of questions) {
    const values: number[] = []
    let note = ''
    for (let round = 0; round < rounds; round++) {
      const begin = performance.now()
      note = await ask()
      values.push(performance.now() - begin)
    }
    rows.push({ title, unit: 'ms', values, note, judged: 'best', ...(atMost === undefined ? {} : { atMost }) })
  }
  rows.push(await tellNews(store, root))
  rows.push({ title: 'records of others seen', unit: '', values: [await countStrangers(store)], atMost: 0 })
  rows.push({ title: 'memory, after all of it', unit: 'MiB', values: [pssBytes(process.pid) / MIB], atMost: 500 })
  return { title: 'questions', rows }
}

/** From the line in the file to whoever follows. */
async function tellNews(store: OpenedStore, root: string): Promise<Row> {
  const now = Date.now()
  const path = join(root, 'socketserver/dev1/logs', `${dayText(now)}.jsonl`)
  const maker = createRecordMaker(7)
  const writer = { pid: 1, release: '0', seq: 0 }
  const values: number[] = []
  for (let count = 0; count < NEWS; count++) {
    const begin = performance.now()
    const told = new Promise<void>((resolve) => {
      const stop = store.follow(() => {
        stop()
        resolve()
      })
    })
    appendFileSync(path, maker.line(writer, now + count))
    await told
    values.push(performance.now() - begin)
  }
  return { title: 'from the file to whoever follows', unit: 'ms', values }
}

/** Every kind of question, for everything, by somebody who may see one developer. */
async function countStrangers(store: OpenedStore): Promise<number> {
  const scope = store.sources().filter(({ developer }) => developer === 'dev3')
  const seen: ShownRecord[] = []
  for (const query of ['', 'developer=dev4', `q=${COMMON}`, 'severity=error']) {
    const page = { question: parse(query), scope, signal, limit: 1000 }
    seen.push(...(await store.read(page)).records)
    await store.search(page, ({ found }) => void seen.push(...(found ?? [])))
  }
  return seen.filter(({ developer }) => developer !== 'dev3').length
}

function parse(query: string) {
  const question = parseQuestion(new URLSearchParams(query))
  if (typeof question === 'string') throw new Error(question)
  return question
}

function filesIn(folder: string): { name: string; size: number }[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).flatMap((path) => {
    const found = statSync(join(folder, path))
    return found.isFile() ? [{ name: path.slice(path.lastIndexOf('/') + 1), size: found.size }] : []
  })
}
