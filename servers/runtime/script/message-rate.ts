// `websocket_message_rate`: how often one socket may send, by the leaky bucket of `limit_req`.
import type { LocationConf } from '../../contract/conf/conf.ts'

export class MessageRate {
  readonly #perMs: number
  readonly #burst: number
  #excess = 0
  #lastMs: number | undefined

  constructor({ perSecond, burst }: NonNullable<LocationConf['websocketMessageRate']>) {
    this.#perMs = perSecond / 1000
    this.#burst = burst
  }

  /** False for a message beyond rate and burst. */
  allows(nowMs: number): boolean {
    if (this.#lastMs !== undefined) {
      this.#excess = Math.max(0, this.#excess - (nowMs - this.#lastMs) * this.#perMs + 1)
    }
    this.#lastMs = nowMs
    return this.#excess <= this.#burst
  }
}
