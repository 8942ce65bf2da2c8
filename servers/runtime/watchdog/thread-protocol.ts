// What the watchdog's thread and the thread it watches say to each other.

export interface ThreadData {
  readonly beat: Int32Array
  /** 0: none. */
  readonly softMs: number
  readonly hardMs: number
}

export type FromThread =
  /** Answer, if you can. */
  | { readonly kind: 'ping' }
  /** What `slow` has kept can be told: this is read when the event loop goes on. */
  | { readonly kind: 'slow' }
  /** The script's code has been stopped. */
  | { readonly kind: 'stopped' }

/** Under this name, on `globalThis`, the thread finds the functions below: it calls them in the middle of what it has found running. */
export const GATE = 'edgeyard.watchdog'

export interface Gate {
  /** Keeps the stack for a record that is written when the event has ended. */
  slow(stalledMs: number): void
  /** Gets ready for the end of what runs, and says how it can be ended. */
  stop(stalledMs: number): StopAdvice
  /** Says the last word and ends the process. */
  exit(stalledMs: number): void
}

/** `unsafe`: what runs is no script's code, or Node would not survive its being cut off. */
export type StopAdvice = 'cut' | 'unsafe'

/** The process could not be brought back: as `timeout` of the coreutils says it. */
export const STUCK_EXIT_CODE = 124
