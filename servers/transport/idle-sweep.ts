// Idle timeouts of sockets whose engine does not keep them: one timer for all, which looks at counters instead of clocks.

/** What the sweep needs of a socket. */
export interface Idler {
  readonly idleTimeoutS: number
  /** Seconds without a frame so far, counted by the sweep; the socket sets it to 0 with every frame. */
  idleS: number
  ping(): void
  closeIdle(): void
}

/** How often the sweep looks; a timeout is kept to within this. */
export const SWEEP_S = 2

export class IdleSweep {
  private readonly idlers = new Set<Idler>()
  private timer: NodeJS.Timeout | undefined

  add(idler: Idler): void {
    if (idler.idleTimeoutS === 0) return
    this.idlers.add(idler)
    this.timer ??= setInterval(() => this.sweep(), SWEEP_S * 1000).unref()
  }

  delete(idler: Idler): void {
    this.idlers.delete(idler)
    if (this.idlers.size > 0) return
    clearInterval(this.timer)
    this.timer = undefined
  }

  /** One look at all of them: pinged when half of the time has passed, closed after the whole. */
  sweep(): void {
    for (const idler of this.idlers) {
      const before = idler.idleS
      idler.idleS = before + SWEEP_S
      const half = idler.idleTimeoutS / 2
      if (idler.idleS > idler.idleTimeoutS) idler.closeIdle()
      else if (before < half && idler.idleS >= half) idler.ping()
    }
  }
}
