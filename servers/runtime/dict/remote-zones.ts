// A worker's side of the zones that its master holds: each call writes a request and waits for the answer, in place, as a script that
// counts expects. It takes some microseconds, because the master does nothing else.
import { readSync, writeSync } from 'node:fs'
import { EdgeyardError } from '../../contract/errors.ts'
import type { Change, Zone, ZoneStore } from './zone.ts'
import { createMessageReader, encodeMessage, type ZoneReply, type ZoneRequest } from './zone-wire.ts'

/** Where a worker finds its master's zones: a stream socket of its own, that nothing else reads. */
export const ZONES_FD = 5

const READ_BYTES = 64 * 1024
/** A change comes too late when its worker was held up in the middle of it. */
const CHANGE_TRIES = 3

/** Without its `id`. */
type Asked = ZoneRequest extends infer One ? (One extends ZoneRequest ? Omit<One, 'id'> : never) : never

export function createRemoteZones(fd: number): ZoneStore {
  const line = new Line(fd)
  const zones = new Map<string, RemoteZone>()
  return {
    open(name, bytesMax) {
      let zone = zones.get(name)
      if (zone === undefined) {
        zone = new RemoteZone(line, name, bytesMax)
        zones.set(name, zone)
      }
      zone.bytesMax = bytesMax
      return zone
    },
    close() {},
  }
}

class RemoteZone implements Zone {
  bytesMax: number
  readonly #line: Line
  readonly #name: string

  constructor(line: Line, name: string, bytesMax: number) {
    this.#line = line
    this.#name = name
    this.bytesMax = bytesMax
  }

  get(key: string): string | undefined {
    return this.#line.ask({ ...this.#zone, op: 'get', key }).text
  }

  update(key: string, change: (current: string | undefined) => Change): boolean {
    for (let tries = 0; tries < CHANGE_TRIES; tries++) {
      const { id: of, text } = this.#line.ask({ ...this.#zone, op: 'begin', key })
      let next: Change = 'leave'
      let kept: boolean | undefined
      try {
        next = change(text)
      } finally {
        // Also when `change` throws: others wait.
        kept = this.#line.ask({ ...this.#zone, op: 'end', of, key, change: onWire(next) }).kept
      }
      if (kept !== undefined) return kept
    }
    throw new EdgeyardError('STORE_BUSY', `Cannot change "${key}": this worker was held up each time`)
  }

  ttl(key: string): number | undefined {
    const { ttl } = this.#line.ask({ ...this.#zone, op: 'ttl', key })
    return ttl === null ? Number.POSITIVE_INFINITY : ttl
  }

  keys(max: number): string[] {
    // JSON has no Infinity.
    const finite = Math.min(max, Number.MAX_SAFE_INTEGER)
    return [...(this.#line.ask({ ...this.#zone, op: 'keys', max: finite }).keys ?? [])]
  }

  clear(): void {
    this.#line.ask({ ...this.#zone, op: 'clear' })
  }

  get #zone() {
    return { zone: this.#name, bytesMax: this.bytesMax }
  }
}

/** JSON has no Infinity, so a time without end is left out. */
function onWire(change: Change): Change {
  if (typeof change === 'string' || change.ttlMs !== Number.POSITIVE_INFINITY) return change
  return { text: change.text, ttlMs: undefined }
}

class Line {
  readonly #fd: number
  readonly #buffer = Buffer.allocUnsafe(READ_BYTES)
  readonly #read = createMessageReader<ZoneReply>((reply) => {
    this.#reply = reply
  })
  #last = 0
  #reply: ZoneReply | undefined

  constructor(fd: number) {
    this.#fd = fd
  }

  ask(request: Asked): ZoneReply {
    const id = ++this.#last
    this.#write(encodeMessage({ ...request, id } as ZoneRequest))
    // An older answer is one that a script was stopped before.
    while (this.#reply?.id !== id) this.#receive()
    return this.#reply
  }

  #write(frame: Buffer): void {
    for (let from = 0; from < frame.length; ) {
      from += again(() => writeSync(this.#fd, frame, from))
    }
  }

  #receive(): void {
    const bytes = again(() => readSync(this.#fd, this.#buffer))
    if (bytes === 0)
      throw new EdgeyardError('STORE_UNAVAILABLE', 'The master of this worker has gone, with what workers share')
    // The reader keeps what is not whole, so it gets bytes of its own.
    this.#read(Buffer.from(this.#buffer.subarray(0, bytes)))
  }
}

/** The descriptor blocks as it is given to us; where somebody has changed that, a nap stands in for it. */
function again(call: () => number): number {
  for (;;) {
    try {
      return call()
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw masterGone(error)
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1)
    }
  }
}

function masterGone(cause?: unknown): EdgeyardError {
  return new EdgeyardError('STORE_UNAVAILABLE', 'The master of this worker has gone, with what workers share', {
    cause,
  })
}
