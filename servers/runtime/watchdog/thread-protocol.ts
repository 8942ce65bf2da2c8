// What the watchdog's thread and the thread it watches say to each other.

/** `cpu_limit` and `memory_limit`. 0: none. */
export interface Limits {
  readonly cpuLimit: { readonly softMs: number; readonly hardMs: number }
  /** Of resident memory, as the system counts it. */
  readonly memoryLimit: { readonly softBytes: number; readonly hardBytes: number }
}

export interface ThreadData {
  readonly beat: Int32Array
  readonly limits: Limits
  /** When nothing happens any more it ends after so long; until then its start is saved who comes next. */
  readonly keepMs: number
}

export type FromThread =
  /** Answer, if you can. */
  | { readonly kind: 'ping' }
  /** What `slow` has kept can be told: this is read when the event loop goes on. */
  | { readonly kind: 'slow' }
  /** The soft limit of memory is passed. */
  | { readonly kind: 'memory'; readonly bytes: number }
  /** The script's code has been stopped. */
  | { readonly kind: 'stopped' }
  /** Nothing happens any more; it is kept. */
  | { readonly kind: 'quiet' }

/** Under this name, on `globalThis`, the thread finds the functions below: it calls them in the middle of what it has found running. */
export const GATE = 'edgeyard.watchdog'

export interface Gate {
  /** Keeps the stack for a record that is written when the event has ended. */
  slow(stalledMs: number): void
  /** Gets ready for the end of what runs, and says how it can be ended. */
  stop(stalledMs: number): StopAdvice
  /** Says the last word and ends the process. */
  exit(stalledMs: number): void
  /** The same, for its memory. */
  outOfMemory(bytes: number): void
}

/** `unsafe`: what runs is no script's code, or Node would not survive its being cut off. */
export type StopAdvice = 'cut' | 'unsafe'

/** The process could not be brought back: as `timeout` of the coreutils says it. */
export const STUCK_EXIT_CODE = 124
/** The hard limit of memory was passed. */
export const MEMORY_EXIT_CODE = 123
