// The stack of whatever runs, from a function that was called in the middle of it.

/** A script may have put its own in their places. */
const { Error: OwnError } = globalThis

/** A recursion is deep, and what matters may stand at its end. */
const FRAMES_CAPTURED = 200
const FRAMES_SHOWN = 30
/** Where the inspector has called. */
const CALLED_AT = /^ {4}at <anonymous>:1:\d+$/

/** As an Error's `stack`, without our own frames. */
export function captureStack(): string {
  const { stackTraceLimit, prepareStackTrace } = OwnError
  try {
    OwnError.stackTraceLimit = FRAMES_CAPTURED
    Reflect.deleteProperty(OwnError, 'prepareStackTrace')
    const [, ...frames] = (new OwnError().stack ?? '').split('\n')
    const own = frames.findIndex((frame) => CALLED_AT.test(frame))
    const found = frames.slice(own + 1)
    return ['Error', ...found.slice(0, FRAMES_SHOWN)].join('\n')
  } catch {
    return 'Error'
  } finally {
    OwnError.stackTraceLimit = stackTraceLimit
    if (prepareStackTrace !== undefined) OwnError.prepareStackTrace = prepareStackTrace
  }
}
