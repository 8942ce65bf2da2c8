// Why a request's body could not be had.

export class BodyError extends Error {
  /** `too-large`: answer with 413. `gone`: nobody is there to be answered. */
  readonly reason: 'too-large' | 'gone'

  constructor(reason: 'too-large' | 'gone', message: string) {
    super(message)
    this.name = 'BodyError'
    this.reason = reason
  }
}
