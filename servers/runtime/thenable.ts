// What a hook may return when it is not done yet: a promise, or anything else that can be waited for, such as a query builder.

/** Undefined when there is nothing to wait for. Not `instanceof`: what counts for `await` is the method. */
export function pending<T>(result: T): Promise<Awaited<T>> | undefined {
  const then: unknown = typeof result === 'object' && result !== null && 'then' in result ? result.then : undefined
  return typeof then === 'function' ? Promise.resolve(result) : undefined
}
