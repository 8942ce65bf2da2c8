// npm run faults, of records: the collector and the log page are killed again and again while two sandboxes log and somebody asks. What the
// log page answers then is what lies in the files, and what is not there is a gap that it shows.
import assert from 'node:assert/strict'
import {
  closeSync,
  existsSync,
  fchownSync,
  fstatSync,
  openSync,
  readdirSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { HistogramReply, RecordsReply } from '../../logs-viewer/query/wire.ts'
import { createRecordMaker } from '../bench/logs/make-records.ts'
import { sharedYard, until } from '../e2e/yard.ts'
import { BACK_DEADLINE_MS, DEVELOPERS, type Line, linesOf, RecordsYard } from './records-yard.ts'

const KILLS = 20
/** Each takes until the daemon looks at sockets again. */
const LOSSES = 5
/** Longer than what is kept for who floods. */
const FLOOD = { records: 1_000_000, perSecond: 2_000_000 / 60, atOnce: 1_000 }
/** rsyslogd counts what it drops in intervals of some seconds. */
const HEARD_MS = 1_000
const HEARD_AGAIN_MS = 60_000
/** Of a day that is over: more than fits the memory that DuckDB has for it. */
const CLOSED_RECORDS = 900_000
const PAGE = 1000
const DAY_MS = 24 * 60 * 60 * 1000
const SEALED_DEADLINE_MS = 240_000

describe('records in trouble', function () {
  this.timeout(600_000)
  let records: RecordsYard
  const tell = (line: string) => console.log(`      ${line}`)

  before(async () => {
    records = new RecordsYard(await sharedYard())
    await records.prepare()
  })

  it(`loses none silently when their collector is killed ${KILLS} times: each is there, or in a gap that the log page shows`, async () => {
    const pump = records.pump()
    const { pid } = await records.yard.sandbox('socketserver', 'dev1')
    let arrived = 0
    const countArrived = async () => (await records.written('dev1')).length
    const takesAgain = async () => (await countArrived()) > arrived
    const tookMs = await records.kill('rsyslog', KILLS, takesAgain, async () => {
      arrived = await countArrived()
      await until('this collector has taken some', takesAgain)
      arrived = await countArrived()
    })
    const last = await pump.stop()
    await records.settle(last)
    for (const developer of DEVELOPERS) await records.requireAccounted(developer, last[developer]!)
    tell(`records came again after ${median(tookMs)} ms, at worst ${tookMs.at(-1)} ms`)
    assert.equal((await records.yard.sandbox('socketserver', 'dev1')).pid, pid)
    await records.requireWhatIsWritten()
  })

  it(`loses none silently when the socket it writes to is gone, ${LOSSES} times`, async () => {
    const socket = join(records.yard.root, 'run/log/dev1.sock')
    const pump = records.pump()
    let arrived = 0
    const takesMore = async () => (await records.written('dev1')).length > arrived
    const tookMs: number[] = []
    for (let n = 0; n < LOSSES; n++) {
      arrived = (await records.written('dev1')).length
      await until('records arrive', takesMore)
      const begin = performance.now()
      rmSync(socket)
      await until('the socket is back', () => existsSync(socket), BACK_DEADLINE_MS)
      arrived = (await records.written('dev1')).length
      await until('records arrive again', takesMore, BACK_DEADLINE_MS)
      tookMs.push(Math.round(performance.now() - begin))
    }
    const last = await pump.stop()
    await records.settle(last)
    for (const developer of DEVELOPERS) await records.requireAccounted(developer, last[developer]!)
    tell(`records came again after ${median(tookMs.sort((a, b) => a - b))} ms, at worst ${tookMs.at(-1)} ms`)
    await records.requireWhatIsWritten()
  })

  it(`are all found once, and none twice, when the log page is killed ${KILLS} times while it reads and answers`, async () => {
    const pump = records.pump()
    let isOver = false
    let answered = 0
    const asking = ['/api/records?q=numbered', '/api/histogram?', '/api/records?q=/9{3}$/', '/api/errors?'].map(
      async (path) => {
        // Whoever asks one that is killed is not answered; what matters is that the next one is well.
        while (!isOver) if (await records.ask(path).then(Boolean, () => false)) answered++
      },
    )
    const tookMs = await records.kill(
      'viewer',
      KILLS,
      () => records.answers(),
      async () => {
        const before = answered
        await until('this one has answered', () => answered > before)
      },
    )
    isOver = true
    await Promise.all(asking)
    await records.settle(await pump.stop())
    tell(`answered again after ${median(tookMs)} ms, at worst ${tookMs.at(-1)} ms; ${answered} answers meanwhile`)
    await records.requireWhatIsWritten()
  })

  it('of one who floods, two million lines a minute, hold up nobody else, and what was too much is a gap', async () => {
    let isOver = false
    const flooding = (async () => {
      const begin = performance.now()
      for (let asked = 0; asked < FLOOD.records; asked += FLOOD.atOnce) {
        const due = begin + (asked / FLOOD.perSecond) * 1000
        await sleep(Math.max(0, due - performance.now()))
        await records.write('dev1', FLOOD.atOnce)
      }
      tell(`dev1 has logged ${FLOOD.records} in ${((performance.now() - begin) / 1000).toFixed(1)} s`)
      isOver = true
    })()
    const tookMs: number[] = []
    let last = 0
    while (!isOver) {
      last = await records.write('dev2', 1)
      const begin = performance.now()
      await records.isShown('dev2', last)
      tookMs.push(Math.round(performance.now() - begin))
    }
    await flooding
    tookMs.sort((a, b) => a - b)
    tell(
      `${tookMs.length} records of dev2 meanwhile, each shown after ${median(tookMs)} ms, at worst ${tookMs.at(-1)} ms`,
    )
    await records.requireAccounted('dev2', last)
    // Once the flood is over there is room again, and a record that shows what is missing before it.
    const end = await until(
      'dev1 is heard again',
      async () => {
        const number = await records.write('dev1', 1)
        return await records.isShown('dev1', number, HEARD_MS).then(
          () => number,
          () => null,
        )
      },
      HEARD_AGAIN_MS,
    )
    await records.requireAccounted('dev1', end)
    await records.requireWhatIsWritten()
  })

  it('of a day that is over become Parquet inside the confined log page, and are the same, also when all but the truth is gone', async () => {
    const day = new Date(Date.now() - 2 * DAY_MS).toISOString().slice(0, 10)
    const file = writeDay(records.logs('dev1'), day)
    const truth = await records.written('dev1', (name) => name === `${day}.jsonl`)
    assert.equal(truth.length, CLOSED_RECORDS)
    const viewer = join(records.yard.root, 'viewer')
    const seal = join(viewer, 'days/socketserver/dev1', `${day}.json`)
    const startAnew = async (...folders: string[]) => {
      for (const folder of folders) rmSync(join(viewer, folder), { recursive: true, force: true })
      await records.kill(
        'viewer',
        1,
        () => records.answers(),
        async () => {},
      )
    }
    const sealed = async () => {
      const begin = performance.now()
      await until('the day is Parquet', () => existsSync(seal), SEALED_DEADLINE_MS)
      return `${((performance.now() - begin) / 1000).toFixed(1)} s`
    }
    await startAnew()
    tell(`${CLOSED_RECORDS} records were Parquet after ${await sealed()}`)
    await isOfDay(truth, day)
    await startAnew('index', 'days')
    tell(`and again, from the log file alone, after ${await sealed()}`)
    await isOfDay(truth, day)
    await records.requireWhatIsWritten()
    // What retention does in the end: then the Parquet is the truth.
    rmSync(file)
    await startAnew('index')
    await isOfDay(truth, day)
  })

  const isOfDay = async (truth: readonly Line[], day: string) => {
    const to = new Date(Date.parse(day) + DAY_MS).toISOString()
    const of = `developer=dev1&server=socketserver&from=${day}&to=${to}`
    // A large day that nobody has looked through yet takes longer than an answer may.
    const isLookedThrough = () =>
      records.ask(`/api/histogram?${of}`).then(
        () => true,
        () => false,
      )
    await until('the day has been looked through', isLookedThrough, SEALED_DEADLINE_MS)
    const { buckets } = await records.ask<HistogramReply>(`/api/histogram?${of}`)
    const counted = buckets.flatMap(({ counts }) => Object.values(counts)).reduce((sum, count) => sum + count, 0)
    assert.equal(counted, truth.length)
    const errors = truth.filter(({ severity }) => ['emerg', 'alert', 'crit', 'error'].includes(severity))
    const questions: [query: string, expected: readonly Line[]][] = [
      ['', truth],
      ['&severity=error', errors],
      ['&q=quartermaster', truth.filter(({ message }) => message.includes('quartermaster'))],
      ['&q=ER_LOCK_DEADLOCK&severity=error', errors.filter(({ message }) => message.includes('ER_LOCK_DEADLOCK'))],
    ]
    for (const [query, expected] of questions) {
      const found: Line[] = []
      // An answer that takes long is given in parts.
      for (let before: string | null = ''; before !== null && found.length < PAGE; ) {
        const path = `/api/records?${of}${query}&limit=${PAGE}&before=${encodeURIComponent(before)}`
        const reply: RecordsReply = await records.ask(path)
        found.unshift(...linesOf(reply.records))
        before = reply.before
      }
      assert.deepEqual(found.slice(-PAGE), expected.slice(-PAGE), query)
    }
  }
})

/** As the collector would have written it; whose the folder is, is the file's owner. Answers with its path. */
function writeDay(folder: string, day: string): string {
  const like = join(folder, readdirSync(folder).findLast((name) => name.endsWith('.jsonl'))!)
  const { mode, uid, gid } = statSync(like)
  const path = join(folder, `${day}.jsonl`)
  const file = openSync(path, 'wx', mode & 0o777)
  const maker = createRecordMaker(5)
  const writer = { pid: 4711, release: '4f2a91c8e012', seq: 0 }
  const dayMs = Date.parse(day)
  for (let n = 0, text = ''; n < CLOSED_RECORDS; n++) {
    text += maker.line(writer, dayMs + Math.floor((n * DAY_MS) / CLOSED_RECORDS))
    if (text.length < 1_000_000 && n + 1 < CLOSED_RECORDS) continue
    writeSync(file, text)
    text = ''
  }
  if (fstatSync(file).uid !== uid) fchownSync(file, uid, gid)
  closeSync(file)
  return path
}

function median(sorted: readonly number[]): number {
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}
