// How a debugger reaches an edge-server: what the daemon, which leads a developer's ssh channel there, and the server agree on.

/** The signal after which a server takes debuggers, until none has been there for a while. */
export const DEBUG_SIGNAL = 'SIGUSR2'

/** A Unix socket in the sandbox's folder: Chrome DevTools Protocol over HTTP and WebSocket, as `node --inspect` speaks it. */
export const DEBUG_SOCKET = 'run/debug.sock'

/**
 * What the server says first on every connection. The folder is the script's to write into, so whoever connects for somebody else
 * waits for this line before it sends anything: another program's socket, put there by a link, would not say it.
 */
export const DEBUG_GREETING = 'edgeyard debugger\n'

/** The folder of the release as debuggers are shown it, whatever it is called on the machine. */
export const DEBUG_ROOT = '/edgeyard'
