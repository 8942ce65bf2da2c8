// When to close a listen socket. Connections that the kernel has completed but nobody has accepted are reset by it; so it is
// closed right after a turn of the event loop that found none, when the gap in which one can arrive is some microseconds.
// (`sysctl net.ipv4.tcp_migrate_req=1` hands those over to whoever else listens on the port, but for the one that another processor is
// just putting there. In a yard the kernel sends nobody here any more by then.)

/** Under a storm of connections no turn is quiet; then the new process has most of them, and waiting longer does not help. */
const TURNS_MAX = 1000

/** Calls `close` after the first whole turn in which `accepted()` did not change. */
export function closeWhenQuiet(accepted: () => number, close: () => void): void {
  let turns = 0
  let before = -1
  const look = () => {
    const now = accepted()
    // The first look may come before the loop has asked the kernel at all.
    if (turns > 1 && (now === before || turns > TURNS_MAX)) close()
    else {
      turns++
      before = now
      setImmediate(look)
    }
  }
  setImmediate(look)
}

/**
 * An idle connection of a server that drains is closed, as nginx closes it, but not at once: on that of a busy client the next request
 * may be on its way, whose reply ends it without loss.
 */
const IDLE_GRACE_MS = 500

/** Calls `close` again and again until the function that is returned is called. */
export function afterEachGrace(close: () => void): () => void {
  const timer = setInterval(close, IDLE_GRACE_MS)
  return () => clearInterval(timer)
}
