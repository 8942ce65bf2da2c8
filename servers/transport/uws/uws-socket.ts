// One WebSocket on uWebSockets.js, whose methods throw after the close. This one never does.
import type { WebSocket } from 'uWebSockets.js'
import { closeCode, closeReason } from '../close-frame.ts'
import { COMPRESSED_BYTES_MIN } from '../compression.ts'
import type { Idler } from '../idle-sweep.ts'
import type { SocketLimits } from '../port.ts'
import type { EngineSocket } from '../socket-events.ts'

/** What the engine keeps for us beside its socket. */
export interface UserData {
  /** Undefined for a connection that is one too many. */
  readonly socket: UwsSocket | undefined
}

export class UwsSocket implements EngineSocket, Idler {
  readonly hold: unknown
  readonly ip: string
  readonly limits: SocketLimits
  idleS = 0
  early: (string | Uint8Array)[] | undefined = []
  private ws: WebSocket<UserData> | undefined
  private joined: Set<string> | undefined
  /** Whether long messages may be compressed. */
  private readonly compression: boolean
  /** Something waited after the last send, so the next one has to look whether there is room. */
  private congested = false

  constructor(hold: unknown, ip: string, limits: SocketLimits, compression: boolean) {
    this.hold = hold
    this.ip = ip
    this.limits = limits
    this.compression = compression
  }

  get open(): boolean {
    return this.ws !== undefined
  }

  get idleTimeoutS(): number {
    return this.limits.idleTimeoutS
  }

  get bufferedBytes(): number {
    return this.ws?.getBufferedAmount() ?? 0
  }

  send(data: string | Uint8Array): 'sent' | 'queued' | 'dropped' | 'closed' {
    const { ws } = this
    if (ws === undefined) return 'closed'
    if (this.congested && !this.hasRoom(ws, data)) return 'dropped'
    const compress = this.compression && data.length >= COMPRESSED_BYTES_MIN
    const status = ws.send(data, typeof data !== 'string', compress)
    if (status === 1) return 'sent'
    this.congested = true
    return status === 0 ? 'queued' : 'dropped'
  }

  close(code?: number, reason?: string): void {
    this.ws?.end(closeCode(code), closeReason(reason))
  }

  join(topic: string): void {
    if (this.ws === undefined) return
    this.joined ??= new Set()
    if (this.joined.has(topic)) return
    // Throws for what is no text; then it was not joined.
    this.ws.subscribe(topic)
    this.joined.add(topic)
  }

  leave(topic: string): void {
    if (this.ws !== undefined && this.joined?.delete(topic)) this.ws.unsubscribe(topic)
  }

  topics(): string[] {
    return this.joined === undefined ? [] : [...this.joined]
  }

  opened(ws: WebSocket<UserData>): void {
    this.ws = ws
  }

  closed(): void {
    this.ws = undefined
  }

  /** A message longer than this socket may send: the engine would cut the connection without a word. */
  tooBig(): void {
    this.ws?.end(1009, 'Message too big')
  }

  ping(): void {
    this.ws?.ping()
  }

  closeIdle(): void {
    this.ws?.close()
  }

  private hasRoom(ws: WebSocket<UserData>, data: string | Uint8Array): boolean {
    const waiting = ws.getBufferedAmount()
    if (waiting === 0) {
      this.congested = false
      return true
    }
    const bytes = typeof data === 'string' ? Buffer.byteLength(data) : data.length
    return waiting + bytes <= this.limits.maxBackpressureBytes
  }
}
