// How much either side of the control socket puts up with.

/** The longest line. The largest is `boot` after a push to serverctrl: the confs of all sandboxes, a few KiB each. */
export const LINE_BYTES_MAX = 8 * 1024 * 1024

/** Clients at once. A push holds one connection; so many pushes at a time would not get far on one machine anyway. */
export const CLIENTS_MAX = 256

/** A client that has connected sends its request at once; one that does not is cut off. */
export const REQUEST_TIMEOUT_MS = 10_000

/** What waits for a client that does not read. Beyond it the client is cut off; its request goes on. */
export const UNREAD_BYTES_MAX = 16 * 1024 * 1024

/** How often the daemon looks whether its socket is still there. A look is one lstat. */
export const SOCKET_LOOK_EVERY_MS = 5_000

/** How long a closing daemon waits for the answers that are due. */
export const CLOSE_GRACE_MS = 5_000
