// How much the SSH server puts up with from people who are not who they should be, or who have gone to lunch.

/** From the first byte to a proven key. */
export const LOGIN_TIMEOUT_MS = 20_000

/** Keys that may be offered on one connection. An agent with many keys offers them all, so more than OpenSSH's six. */
export const LOGIN_ATTEMPTS_MAX = 20

/** Connections that have not proven a key yet. One more pushes out the oldest of them. */
export const STRANGERS_MAX = 32

/** Connections of one developer: enough for a team's editor plugins, too few to starve the others. */
export const CONNECTIONS_PER_DEVELOPER_MAX = 16

/** Commands and forwardings at a time on one connection, those that have not begun among them. */
export const SESSIONS_MAX = 8

/** Without a byte in either direction for so long, a command's client is taken for gone. A boot is far shorter. */
export const IDLE_TIMEOUT_MS = 5 * 60_000

/** How long somebody may follow logs; then they ask again. */
export const FOLLOW_MAX_MS = 12 * 60 * 60_000

/** A connection without a byte for so long is asked whether anybody is there; what does not answer is cut off by TCP. */
export const KEEP_ALIVE_MS = 30_000

/** What may wait for a client that does not read, before its source is paused. */
export const UNSENT_BYTES_PAUSE = 1024 * 1024

/** What may wait in either direction at all; a client that provokes more (it ignores windows, or never reads) is cut off. */
export const WAITING_BYTES_MAX = 16 * 1024 * 1024

/** How long a closing server lets pushes run to their end. */
export const CLOSE_GRACE_MS = 10_000
