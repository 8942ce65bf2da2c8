// Chance that can be had again: the same seed gives the same inputs.

export class Random {
  private state: number

  constructor(seed: number) {
    this.state = seed >>> 0
  }

  /** From 0 up to but not including `end` (mulberry32). */
  below(end: number): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0
    let t = this.state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * end)
  }

  /** Once in so many times. */
  oneIn(times: number): boolean {
    return this.below(times) === 0
  }

  pick<T>(of: readonly T[]): T {
    return of[this.below(of.length)]!
  }

  /** Small most of the time, large now and then. */
  length(max: number): number {
    return this.below(this.oneIn(8) ? max + 1 : Math.min(max, 8) + 1)
  }

  byte(): string {
    return String.fromCharCode(this.below(256))
  }
}
