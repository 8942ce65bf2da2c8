// What the faults of records look at: a yard whose sandboxes log with numbers, what its log page answers, and what lies in its files.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { HistogramReply, RecordsReply, ShownRecord } from '../../logs-viewer/query/wire.ts'
import { httpGet } from '../e2e/clients.ts'
import { isAlive, type TestYard, until } from '../e2e/yard.ts'

/** Logs as many records as it is asked for, each with the next number, and answers with the last one. */
const NUMBERING = `import type { SocketScript } from 'edgeyard'

let last = 0
export default {
  fetch(req, ctx) {
    for (let left = Number(req.query.get('count')); left > 0; left--) ctx.log.info(\`numbered \${++last}\`)
    return Response.json(last)
  },
} satisfies SocketScript<undefined>
`
export const DEVELOPERS = ['dev1', 'dev2'] as const
const SERVER = 'socketserver'
/** Far below the rate at which a developer's flood is cut off. */
const PUMPED = { count: 50, everyMs: 50 } as const
/** From the second death in a row on, the daemon waits 1, 2, 4 … s; a new daemon begins to count anew. */
const KILLS_OF_A_DAEMON = 3
const PAGE = 1000
export const BACK_DEADLINE_MS = 60_000

/** A line of a log file that the log page has to show, by its place. */
export interface Line {
  readonly offset: number
  readonly message: string
  readonly severity: string
}

export interface Pump {
  /** Ends it; answers with the last number of each developer, whose record is the last that was written. */
  stop(): Promise<Readonly<Record<string, number>>>
}

export class RecordsYard {
  readonly yard: TestYard
  #headers: Record<string, string> = {}

  constructor(yard: TestYard) {
    this.yard = yard
  }

  async prepare(): Promise<void> {
    for (const name of DEVELOPERS) await (await this.yard.clone(SERVER, name)).ship({ 'src/main.ts': NUMBERING })
    this.#headers = await this.yard.apiHeaders()
  }

  async write(developer: string, count: number): Promise<number> {
    const { url } = await this.yard.sandbox(SERVER, developer)
    return JSON.parse((await httpGet(`${url.replace('ws:', 'http:')}?count=${count}`)).body) as number
  }

  /** Both write all the time. */
  pump(): Pump {
    let isOver = false
    const last: Record<string, number> = {}
    const each = DEVELOPERS.map(async (developer) => {
      // Whoever is asked stays the same; the daemon, who would know, may be away.
      const url = (await this.yard.sandbox(SERVER, developer)).url.replace('ws:', 'http:')
      while (!isOver) {
        last[developer] = JSON.parse((await httpGet(`${url}?count=${PUMPED.count}`)).body) as number
        await sleep(PUMPED.everyMs)
      }
      last[developer] = JSON.parse((await httpGet(`${url}?count=1`)).body) as number
    })
    return {
      async stop() {
        isOver = true
        await Promise.all(each)
        return last
      },
    }
  }

  /** Kills a service as often; `isBack` says when it is there again, and is given the pid that is not. Answers with how long each took. */
  async kill(key: string, kills: number, isBack: () => Promise<boolean>, between: () => Promise<unknown>) {
    const tookMs: number[] = []
    for (let n = 0; n < kills; n++) {
      await between()
      // It may answer before the daemon has seen that it does.
      const pid = await until(`${key} runs`, async () => {
        const { services } = await this.yard.status()
        return services.find((one) => one.key === key)?.pid
      })
      const { pid: daemon } = await this.yard.status()
      process.kill(pid, 'SIGKILL')
      const begin = performance.now()
      await until(`${key} is gone`, () => !isAlive(pid))
      if (n % KILLS_OF_A_DAEMON === KILLS_OF_A_DAEMON - 1) {
        process.kill(daemon, 'SIGKILL')
        await until('the daemon is gone', () => !isAlive(daemon))
        await this.yard.up()
      }
      await until(`${key} is back`, isBack, BACK_DEADLINE_MS)
      tookMs.push(Math.round(performance.now() - begin))
    }
    return tookMs.sort((a, b) => a - b)
  }

  /** What the log page's API answers; throws when it does not. */
  async ask<T>(path: string): Promise<T> {
    const { url } = (await this.yard.status()).viewer
    const answer = await fetch(new URL(path, url), { headers: this.#headers })
    const text = await answer.text()
    assert.equal(answer.status, 200, `${path}: ${text.slice(0, 200)}`)
    return JSON.parse(text) as T
  }

  answers(): Promise<boolean> {
    return this.ask('/api/session').then(
      () => true,
      () => false,
    )
  }

  /** All of a developer's, in the order of arrival, a page after the other. */
  async shown(developer: string, question = ''): Promise<readonly ShownRecord[]> {
    const pages: (readonly ShownRecord[])[] = []
    for (let before: string | null = ''; before !== null; ) {
      const query = `developer=${developer}&server=${SERVER}&limit=${PAGE}&before=${encodeURIComponent(before)}&${question}`
      const reply: RecordsReply = await this.ask(`/api/records?${query}`)
      pages.unshift(reply.records)
      before = reply.before
    }
    return pages.flat()
  }

  logs(developer: string): string {
    return join(this.yard.root, SERVER, developer, 'logs')
  }

  /** What the files hold of a developer, by a look at every line: the truth that the log page's answers have to be. */
  async written(developer: string, wanted: (file: string) => boolean = () => true): Promise<readonly Line[]> {
    const files = (await readdir(this.logs(developer))).filter((file) => file.endsWith('.jsonl') && wanted(file))
    return files.sort().flatMap((file) => readTruth(join(this.logs(developer), file)))
  }

  /** Throws unless the log page shows each line of each developer once and no other, and counts them right. */
  async requireWhatIsWritten(): Promise<void> {
    for (const developer of DEVELOPERS) {
      const written = await this.written(developer)
      const all = await this.shown(developer)
      // One that only counts others is shown where it has found some missing.
      const shown = linesOf(all.filter(({ kind }) => kind !== 'count'))
      assert.equal(shown.length, written.length, developer)
      assert.deepEqual(shown, written)
      const { buckets } = await this.ask<HistogramReply>(`/api/histogram?developer=${developer}&server=${SERVER}`)
      const counted = buckets.flatMap(({ counts }) => Object.values(counts)).reduce((sum, count) => sum + count, 0)
      assert.equal(counted, all.length, `the histogram of ${developer}`)
    }
  }

  /** Throws unless each number of a developer's is that of a record that is shown, or in a gap that is; says how many were which. */
  async requireAccounted(developer: string, last: number): Promise<void> {
    const shown = await this.shown(developer)
    assert.deepEqual(lostSilently(shown, last), [], developer)
    const inGaps = shown.reduce((sum, { missing = 0 }) => sum + missing, 0)
    console.log(`      ${developer}: ${last} numbered, ${inGaps} inside gaps that are shown, 0 lost silently`)
  }

  /** Until the log page has read what was written last. */
  async settle(last: Readonly<Record<string, number>>): Promise<void> {
    for (const developer of DEVELOPERS) await this.isShown(developer, last[developer]!)
  }

  /** Until the log page shows a developer's record of this number. */
  async isShown(developer: string, number: number, deadlineMs = BACK_DEADLINE_MS): Promise<void> {
    const query = `developer=${developer}&server=${SERVER}&limit=1&q=${encodeURIComponent(`/^numbered ${number}$/`)}`
    const isThere = async () => (await this.ask<RecordsReply>(`/api/records?${query}`)).records.length === 1
    await until(`record ${number} of ${developer} is there`, isThere, deadlineMs)
  }
}

/** Lines that are there twice, because a sender was not sure, and those that only count others, are not shown. */
function readTruth(path: string): Line[] {
  const seen = new Set<string>()
  let end = 0
  return readFileSync(path, 'utf8')
    .split('\n')
    .slice(0, -1)
    .flatMap((text): Line[] => {
      const offset = end
      end += Buffer.byteLength(text) + 1
      const line = parse(text)
      const name = `${line.run}:${line.seq}`
      if (line.kind === 'count' || (line.seq !== undefined && seen.has(name))) return []
      if (line.seq !== undefined) seen.add(name)
      return [{ offset, message: line.message ?? text, severity: line.severity ?? 'notice' }]
    })
}

function parse(text: string): { run?: string; seq?: number; kind?: string; message?: string; severity?: string } {
  try {
    return JSON.parse(text)
  } catch {
    // A collector was killed in the middle of it.
    return {}
  }
}

/** As `Line`s, to be compared with them. */
export function linesOf(records: readonly ShownRecord[]): Line[] {
  return records.map(({ id, message, severity }) => ({
    offset: Number(id.slice(id.lastIndexOf(':') + 1)),
    message,
    severity,
  }))
}

/** Numbers from 1 to `last` that are neither the number of a record nor inside a gap that is shown. */
function lostSilently(records: readonly ShownRecord[], last: number): number[] {
  const run = records.find(({ message }) => message.startsWith('numbered '))?.run
  const lost: number[] = []
  let number = 0
  // How many the gaps since the last numbered record have room for.
  let room = 0
  const passTo = (next: number) => {
    for (number++; number < next; number++) if (room-- <= 0) lost.push(number)
    room = 0
  }
  for (const { run: of, missing = 0, message } of records) {
    if (of !== run) continue
    room += missing
    const found = /^numbered (\d+)$/.exec(message)?.[1]
    if (found !== undefined) passTo(Number(found))
  }
  passTo(last + 1)
  return lost
}
