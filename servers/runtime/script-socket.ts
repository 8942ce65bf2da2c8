// A WebSocket as a script sees it.
import type { EdgeRequest, Socket } from '../contract/script.ts'
import type { WireSocket } from '../transport/port.ts'

export class ScriptSocket implements Socket<unknown> {
  readonly id: string
  readonly ip: string
  readonly data: unknown
  readonly request: EdgeRequest
  readonly #wire: WireSocket
  /** What it had joined when it closed. */
  #topics: readonly string[] | undefined

  constructor(wire: WireSocket, parts: { id: string; ip: string; data: unknown; request: EdgeRequest }) {
    this.#wire = wire
    this.id = parts.id
    this.ip = parts.ip
    this.data = parts.data
    this.request = parts.request
  }

  get buffered(): number {
    return this.#wire.bufferedBytes
  }
  get open(): boolean {
    return this.#wire.open
  }
  send(data: string | Uint8Array): 'sent' | 'queued' | 'dropped' | 'closed' {
    return this.#wire.send(data)
  }
  close(code?: number, reason?: string): void {
    this.#wire.close(code, reason)
  }
  join(topic: string): void {
    this.#wire.join(topic)
  }
  leave(topic: string): void {
    this.#wire.leave(topic)
  }
  topics(): string[] {
    return [...(this.#topics ?? this.#wire.topics())]
  }

  closed(topics: readonly string[]): void {
    this.#topics = topics
  }
}
