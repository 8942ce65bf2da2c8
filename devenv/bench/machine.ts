// The machine that was measured: what figures from elsewhere may be compared with.
import { cpus, release } from 'node:os'

export interface Machine {
  readonly cpu: string
  readonly cores: number
  readonly kernel: string
  readonly node: string
}

export function describeMachine(): Machine {
  const all = cpus()
  return { cpu: all[0]?.model.trim() ?? 'unknown', cores: all.length, kernel: release(), node: process.version }
}
