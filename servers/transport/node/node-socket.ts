// One WebSocket of `ws`.
import type { WebSocket } from 'ws'
import { closeCode, closeReason } from '../close-frame.ts'
import type { Idler } from '../idle-sweep.ts'
import type { SocketLimits } from '../port.ts'
import type { EngineSocket } from '../socket-events.ts'

/** What a socket tells its transport. */
export interface NodeSocketOwner {
  joined(socket: NodeSocket, topic: string): void
  left(socket: NodeSocket, topic: string): void
  /** All that waited was written. */
  flushed(socket: NodeSocket): void
  /** Once: whoever closed it. */
  closed(socket: NodeSocket, code: number, reason: string): void
}

export class NodeSocket implements EngineSocket, Idler {
  readonly hold: unknown
  readonly ip: string
  readonly limits: SocketLimits
  idleS = 0
  early: (string | Uint8Array)[] | undefined = []
  private readonly owner: NodeSocketOwner
  private readonly joined = new Set<string>()
  private ws: WebSocket | undefined
  private congested = false

  constructor(owner: NodeSocketOwner, hold: unknown, ip: string, limits: SocketLimits) {
    this.owner = owner
    this.hold = hold
    this.ip = ip
    this.limits = limits
  }

  get open(): boolean {
    return this.ws !== undefined
  }

  get idleTimeoutS(): number {
    return this.limits.idleTimeoutS
  }

  get bufferedBytes(): number {
    return this.ws?.bufferedAmount ?? 0
  }

  send(data: string | Uint8Array): 'sent' | 'queued' | 'dropped' | 'closed' {
    const { ws } = this
    if (ws === undefined) return 'closed'
    const waiting = ws.bufferedAmount
    if (waiting > 0) {
      const bytes = typeof data === 'string' ? Buffer.byteLength(data) : data.length
      if (waiting + bytes > this.limits.maxBackpressureBytes) return 'dropped'
    }
    // Compressed or not is the engine's decision: by what was negotiated, and by the length.
    ws.send(data, { binary: typeof data !== 'string' }, this.onFlushed)
    this.congested = ws.bufferedAmount > 0
    return this.congested ? 'queued' : 'sent'
  }

  close(code?: number, reason?: string): void {
    this.end(closeCode(code), closeReason(reason))
  }

  join(topic: string): void {
    if (this.ws === undefined || this.joined.has(topic)) return
    this.joined.add(topic)
    this.owner.joined(this, topic)
  }

  leave(topic: string): void {
    if (this.ws !== undefined && this.joined.delete(topic)) this.owner.left(this, topic)
  }

  topics(): string[] {
    return [...this.joined]
  }

  opened(ws: WebSocket): void {
    this.ws = ws
  }

  /** From the engine: the other side has closed, or the connection is gone. */
  finish(code: number, reason: string): void {
    if (this.ws === undefined) return
    this.ws = undefined
    this.owner.closed(this, code, reason)
  }

  tooBig(): void {
    this.end(1009, 'Message too big')
  }

  ping(): void {
    this.ws?.ping()
  }

  closeIdle(): void {
    const { ws } = this
    this.finish(1006, 'Timed out from inactivity')
    ws?.terminate()
  }

  private end(code: number, reason: string): void {
    this.ws?.close(code, reason)
    this.finish(code, reason)
  }

  private readonly onFlushed = (): void => {
    if (!this.congested || this.ws === undefined || this.ws.bufferedAmount > 0) return
    this.congested = false
    this.owner.flushed(this)
  }
}
