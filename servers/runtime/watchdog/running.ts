// Who is being served while a script's code runs: written down at the beginning of each synchronous piece of it and taken back at its
// end, for the watchdog. This is on the hottest path there is: two plain stores, no call into anything.
//
//   const outer = enterScript(this)
//   try { result = hook(request, ctx) } finally { leaveScript(outer) }
import type { EdgeyardError } from '../../contract/errors.ts'
import type { FaultOf } from '../faults.ts'

/** Somebody who has given the process to a script. */
export interface Running {
  /** What is going on, for a record. */
  runs(): FaultOf
  /** The script was stopped where it was: its hook has not returned, and its promise may never settle. Writes the record, and answers. */
  stopped(error: EdgeyardError): void
}

/** The slots of `beat`. */
export const BEAT = {
  /** Goes up by one with each beginning and each end; odd while a script's code runs. */
  SEQUENCE: 0,
  /** 1: no thread looks, and the next beginning is to wake or start one. */
  ASLEEP: 1,
  /** Goes up when the event loop answers. */
  TURNS: 2,
  /** How many hooks have returned a promise that is waited for. */
  WAITING: 3,
  /** Nobody writes here: the thread sleeps on it. */
  EMPTY: 4,
  /** Not 0 while the runtime itself does something that takes long: no script holds up anybody then. */
  OWN_WORK: 5,
  /** What has become of the thread, one of `THREAD`: it sleeps on this while it is kept. */
  THREAD: 6,
} as const

const SLOTS = 7

export const THREAD = { LOOKS: 0, KEPT: 1, ENDED: 2 } as const

/** What the process and its watchdog's thread both see. */
export const beat = new Int32Array(new SharedArrayBuffer(SLOTS * Int32Array.BYTES_PER_ELEMENT))

let current: Running | undefined
let waiting = 0
let sequence = 0
let wake = () => {}

/** Returns who gave the process to the outer script, when a script's code calls another's: it is for `leaveScript`. */
export function enterScript(running: Running): Running | undefined {
  const outer = current
  current = running
  if (outer === undefined) {
    sequence = (sequence + 1) | 0
    beat[BEAT.SEQUENCE] = sequence
    if (beat[BEAT.ASLEEP] !== 0) wake()
  }
  return outer
}

export function leaveScript(outer: Running | undefined): void {
  current = outer
  if (outer !== undefined) return
  sequence = (sequence + 1) | 0
  beat[BEAT.SEQUENCE] = sequence
}

/** Whose code runs now; undefined in what follows an `await`. */
export function currentlyRunning(): Running | undefined {
  return current
}

/** The script's code that ran is no more: what would have left it has not. */
export function forgetRunning(): void {
  current = undefined
  if (sequence % 2 === 0) return
  sequence = (sequence + 1) | 0
  beat[BEAT.SEQUENCE] = sequence
}

/** Runs what takes long and is not a script's fault, e.g. reads the map of a large build: `cpu_limit` does not count meanwhile. */
export function doOwnWork<T>(run: () => T): T {
  beat[BEAT.OWN_WORK]!++
  try {
    return run()
  } finally {
    beat[BEAT.OWN_WORK]!--
  }
}

/** One more hook is waited for (1), or one less (-1): while there are any, the thread does not end. */
export function countWaiting(change: 1 | -1): void {
  waiting += change
  beat[BEAT.WAITING] = waiting
}

/** Called at the next beginning while `beat` says ASLEEP. */
export function onWake(start: () => void): void {
  wake = start
}
