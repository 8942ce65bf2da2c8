// Every signal that a script holds, so that all can be aborted when the server's time is up. `AbortSignal.any` would keep
// each short-lived signal reachable from the one that lives as long as the server.

export interface AbortRegistry {
  /** A new controller, aborted with all others. Give it back with `release` when its request has ended. */
  create(): AbortController
  release(controller: AbortController): void
  /** Aborts what is there, and at once whatever is created later. */
  abortAll(reason: Error): void
}

export function createAbortRegistry(): AbortRegistry {
  const controllers = new Set<AbortController>()
  let over: Error | undefined
  return {
    create() {
      const controller = new AbortController()
      if (over === undefined) controllers.add(controller)
      else controller.abort(over)
      return controller
    },
    release(controller) {
      controllers.delete(controller)
    },
    abortAll(reason) {
      over = reason
      for (const controller of controllers) controller.abort(reason)
      controllers.clear()
    },
  }
}
