// Nothing that a handler throws may reach an engine: in uWebSockets.js it would end the process.

/** Calls a handler; what it throws, or what a promise it returns rejects with, is told to `fault`, then `otherwise` runs. */
export function guarded<A extends unknown[]>(
  handler: (...args: A) => unknown,
  fault: (error: unknown) => void,
  otherwise: () => void,
  ...args: A
): void {
  const failed = (error: unknown) => {
    try {
      fault(error)
    } catch {
      // The last one who could be told threw as well; the client is still answered.
    }
    otherwise()
  }
  try {
    const result = handler(...args)
    if (result instanceof Promise) result.catch(failed)
  } catch (error) {
    failed(error)
  }
}
