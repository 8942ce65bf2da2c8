// How often somebody may do something: a bucket that fills steadily and that every action takes from.

export interface Allowance {
  left: number
  /** When `left` was true, in milliseconds of the same clock that `take` is given. */
  at: number
}

export interface Rate {
  perSecond: number
  /** What may be saved up: the bucket's size. */
  burst: number
}

export function fullAllowance(rate: Rate, now: number): Allowance {
  return { left: rate.burst, at: now }
}

/** Takes `cost` and says true, or takes nothing and says false. */
export function take(allowance: Allowance, rate: Rate, cost: number, now: number): boolean {
  const refilled = Math.max(0, now - allowance.at) * (rate.perSecond / 1000)
  allowance.left = Math.min(rate.burst, allowance.left + refilled)
  allowance.at = now
  if (allowance.left < cost) return false
  allowance.left -= cost
  return true
}
