// The live tail: server-sent events for a bounded number of browsers, a bounded memory for each.
import type { ServerResponse } from 'node:http'
import { severityNumber } from '../../servers/contract/record.ts'
import { SlowPatternError } from '../query/create-selector.ts'
import type { ShownRecord, Skipped, TailRefused } from '../query/wire.ts'
import { renderEvent } from './answer.ts'

/** Open tails at most; one more is told to come back later. */
export const CLIENTS_MAX = 100

/** What waits for one client at most, also while it is still given what it has missed. What comes then is skipped and counted: the files have it. */
export const WAITING_BYTES_MAX = 512 * 1024

/** Proxies and sleeping laptops close what is silent. */
const HEARTBEAT_MS = 15_000

const ERROR = severityNumber('error')

/** Of some records those that somebody wants, and may have. What it throws ends the tail. */
export type Pick = (records: readonly ShownRecord[]) => readonly ShownRecord[]

export class TailClients {
  readonly #clients = new Set<TailClient>()
  readonly #heartbeat: NodeJS.Timeout

  constructor() {
    this.#heartbeat = setInterval(() => {
      for (const client of this.#clients) client.beat()
    }, HEARTBEAT_MS)
    this.#heartbeat.unref()
  }

  get count(): number {
    return this.#clients.size
  }

  /** Takes over a reply. Live records are held back until `release` of what it gives is called. */
  add(pick: Pick, response: ServerResponse): TailClient {
    const client = new TailClient(pick, response)
    // One that went while its question was looked at is not told of again.
    if (response.closed) return client
    this.#clients.add(client)
    response.on('close', () => this.#clients.delete(client))
    return client
  }

  report(records: readonly ShownRecord[]): void {
    // Rendered once, however many want it.
    const frames = new Map<ShownRecord, string>()
    for (const client of this.#clients) {
      for (const record of client.pick(records)) {
        const frame = frames.get(record) ?? renderRecord(record)
        frames.set(record, frame)
        client.send(record, frame)
      }
    }
  }

  close(): void {
    clearInterval(this.#heartbeat)
    for (const client of this.#clients) client.end()
  }
}

class TailClient {
  readonly #pick: Pick
  readonly #response: ServerResponse
  #held: ShownRecord[] | undefined = []
  #heldCharacters = 0
  /** What it was given of the past may come again from the tail, which has just not been there yet. Let go of with the next beat. */
  #given: ReadonlySet<string> = new Set()
  #skipped = { count: 0, errors: 0 }
  #isOver = false

  constructor(pick: Pick, response: ServerResponse) {
    this.#pick = pick
    this.#response = response
    response.on('drain', () => this.#tellSkipped())
    // A browser may go while its reply is written; `close` takes it off the list.
    response.on('error', () => undefined)
  }

  pick(records: readonly ShownRecord[]): readonly ShownRecord[] {
    if (this.#isOver) return []
    try {
      return this.#pick(records)
    } catch (error) {
      if (error instanceof SlowPatternError) this.refuse(error.message)
      else this.cut()
      return []
    }
  }

  send(record: ShownRecord, frame: string): void {
    if (this.#given.has(record.id)) return
    const waiting = this.#held === undefined ? this.#response.writableLength : this.#heldCharacters
    // What follows a gap waits until the gap was told.
    if (this.#skipped.count > 0 || waiting >= WAITING_BYTES_MAX) {
      this.#skipped.count++
      if (severityNumber(record.severity) <= ERROR) this.#skipped.errors++
    } else if (this.#held === undefined) {
      this.#response.write(frame)
    } else {
      this.#held.push(record)
      this.#heldCharacters += frame.length
    }
  }

  /** Sends what was missed and what was held meanwhile, each once, and goes live. `isComplete`: nothing was left out before it. */
  release(missed: readonly ShownRecord[], isComplete: boolean): void {
    if (this.#isOver) return
    if (!isComplete) this.#write('skipped', { count: null, errors: 0 })
    const records = new Map([...missed, ...(this.#held ?? [])].map((record) => [record.id, record]))
    for (const record of records.values()) this.#response.write(renderRecord(record))
    this.#given = new Set(records.keys())
    this.#held = undefined
    if (this.#response.writableLength < WAITING_BYTES_MAX) this.#tellSkipped()
  }

  beat(): void {
    this.#given = new Set()
    if (!this.#isOver && this.#response.writableLength === 0) this.#response.write(':\n\n')
  }

  end(): void {
    this.#isOver = true
    this.#response.end()
  }

  /** The last thing that it is told: there is no use in asking again. */
  refuse(message: string): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#response.end(renderEvent({ event: 'refused' }, { message } satisfies TailRefused))
  }

  /** What waits for it is not sent any more. */
  cut(): void {
    this.#isOver = true
    this.#response.destroy()
  }

  #tellSkipped(): void {
    if (this.#isOver || this.#held !== undefined || this.#skipped.count === 0) return
    this.#write('skipped', this.#skipped)
    this.#skipped = { count: 0, errors: 0 }
  }

  #write(event: string, data: Skipped): void {
    this.#response.write(renderEvent({ event }, data))
  }
}

function renderRecord(record: ShownRecord): string {
  return renderEvent({ id: record.id }, record)
}
