// Whether somebody is at the other end of a Unix socket. A connection proves nothing: the kernel makes it for a process that is stopped, too.
import { connect } from 'node:net'

/** Connects, says that this is all, and waits until the other end has read that and closes. Throws when it is not there. */
export function hangsUp(path: string, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = connect({ path, signal, allowHalfOpen: true })
    socket.once('connect', () => socket.end())
    socket.once('end', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', reject)
    // Without a reader there is no end.
    socket.resume()
  })
}
