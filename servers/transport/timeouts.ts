// How long a client may take.
//
// uWebSockets.js keeps times of its own that cannot be changed, looked at every 4 s: a connection that is silent between
// requests or inside a head is closed after 10 s without a word, and so is one that does not read a reply of less than
// 128 KiB. There `clientHeaderMs`, `keepaliveMs` (but 0) and `keepaliveRequests` have no effect.
import type { Timeouts } from './port.ts'

/** nginx's own. */
export const DEFAULT_TIMEOUTS: Timeouts = {
  clientHeaderMs: 60_000,
  clientBodyMs: 60_000,
  sendMs: 60_000,
  keepaliveMs: 75_000,
  keepaliveRequests: 1000,
}
