// What keeps the process alive although a script shares it: it serves every other request, too.

/**
 * Reports what nobody has caught, whatever listeners a script adds or removes, and takes `process.exit` and `process.abort` from scripts:
 * there they throw. For the whole process, once.
 */
export function keepAlive(report: (thrown: unknown, note?: string) => void): void {
  // Not the event: a script's own listener would count as having caught it, and removing ours would end the process.
  process.setUncaughtExceptionCaptureCallback((thrown) => report(thrown))
  // Without this one a rejection comes as an exception, and what is no Error has lost its text by then.
  process.on('unhandledRejection', (thrown) => report(thrown, 'in a promise'))
  process.exit = process.abort = () => {
    throw new Error('Cannot exit: a script shares its process with all other requests; throw to end this one')
  }
}
