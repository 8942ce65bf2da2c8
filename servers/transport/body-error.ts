// Why a request's body could not be had.

/** `too-large`: answer with 413. `too-slow`: with 408. `gone`: nobody is there to be answered. */
export type BodyFailure = 'too-large' | 'too-slow' | 'gone'

export class BodyError extends Error {
  readonly reason: BodyFailure

  constructor(reason: BodyFailure, message: string) {
    super(message)
    this.name = 'BodyError'
    this.reason = reason
  }
}
