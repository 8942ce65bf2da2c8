// The master's side of the zones that its workers share: it holds them, and lets one worker at a time change one.
import type { Duplex } from 'node:stream'
import type { ZoneStore } from './zone.ts'
import { createMessageReader, encodeMessage, type ZoneReply, type ZoneRequest } from './zone-wire.ts'

/** A worker that was stopped between the two halves of a change holds up all others for so long. */
const CHANGE_MS_MAX = 1000

type Begin = Extract<ZoneRequest, { op: 'begin' }>
type End = Extract<ZoneRequest, { op: 'end' }>

export class ZoneServer {
  readonly #store: ZoneStore
  readonly #changeMs: number
  #changing: { readonly stream: Duplex; readonly id: number; readonly late: NodeJS.Timeout } | undefined
  #waiting: { readonly stream: Duplex; readonly request: Begin }[] = []

  constructor(store: ZoneStore, changeMs: number = CHANGE_MS_MAX) {
    this.#store = store
    this.#changeMs = changeMs
  }

  /** Answers a worker until its stream ends. */
  add(stream: Duplex): void {
    const read = createMessageReader<ZoneRequest>((request) => this.#answer(stream, request))
    stream.on('data', (chunk: Buffer) => {
      try {
        read(chunk)
      } catch {
        // Only a worker whose script has written to the stream itself can say such a thing.
        stream.destroy()
      }
    })
    stream.on('error', () => {})
    stream.on('close', () => {
      this.#waiting = this.#waiting.filter((one) => one.stream !== stream)
      if (this.#changing?.stream === stream) this.#release()
    })
  }

  #answer(stream: Duplex, request: ZoneRequest): void {
    const { id } = request
    const zone = this.#store.open(request.zone, request.bytesMax)
    if (request.op === 'begin') this.#begin(stream, request)
    else if (request.op === 'end') this.#end(stream, request)
    else if (request.op === 'get') reply(stream, { id, ...textOf(zone.get(request.key)) })
    else if (request.op === 'keys') reply(stream, { id, keys: zone.keys(request.max) })
    else if (request.op === 'clear') {
      zone.clear()
      reply(stream, { id })
    } else {
      const ttl = zone.ttl(request.key)
      reply(stream, { id, ...(ttl === undefined ? {} : { ttl: ttl === Number.POSITIVE_INFINITY ? null : ttl }) })
    }
  }

  #begin(stream: Duplex, request: Begin): void {
    // It was stopped in its last change, and nobody will end that.
    if (this.#changing?.stream === stream) this.#release()
    if (this.#changing !== undefined) {
      this.#waiting.push({ stream, request })
      return
    }
    const late = setTimeout(() => this.#release(), this.#changeMs).unref()
    this.#changing = { stream, id: request.id, late }
    reply(stream, { id: request.id, ...textOf(this.#store.open(request.zone, request.bytesMax).get(request.key)) })
  }

  #end(stream: Duplex, { id, of, zone, bytesMax, key, change }: End): void {
    if (this.#changing?.stream !== stream || this.#changing.id !== of) {
      reply(stream, { id })
      return
    }
    const kept = this.#store.open(zone, bytesMax).update(key, () => change)
    this.#release()
    reply(stream, { id, kept })
  }

  #release(): void {
    clearTimeout(this.#changing?.late)
    this.#changing = undefined
    const next = this.#waiting.shift()
    if (next !== undefined) this.#begin(next.stream, next.request)
  }
}

function textOf(text: string | undefined): { text?: string } {
  return text === undefined ? {} : { text }
}

function reply(stream: Duplex, message: ZoneReply): void {
  if (!stream.destroyed && stream.writable) stream.write(encodeMessage(message))
}
