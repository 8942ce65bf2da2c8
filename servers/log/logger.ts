// The door of servers/log: what the runtime writes records through, whatever carries them away.
import type { Severity } from '../contract/record.ts'

/** The parts of a record that its writer chooses; time, pid and sequence number are added. */
export interface Entry {
  readonly severity: Severity
  readonly message: string
  readonly request?: string
  readonly stack?: string
  readonly fields?: Readonly<Record<string, unknown>>
}

export interface Logger {
  /** Never blocks, never throws. Dropped, and counted, when the ring is full. */
  write(entry: Entry): void
  /** Records from here on are this process's, whatever it calls itself in a pid namespace of its own. */
  knownAs(pid: number): void
  /** Resolves when everything was handed to the collector, or after `deadlineMs`. */
  close(deadlineMs: number): Promise<void>
}
