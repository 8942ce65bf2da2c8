// The one place that imports uWebSockets.js: its settings have to be made before and right after.
import type * as Uws from 'uWebSockets.js'

/** The engine's limit for a request's head is 4 KiB unless it is told otherwise, by a variable it reads only once. */
const HEAD_BYTES_MAX = '16384'

let loaded: Promise<typeof Uws> | undefined

/** Loads the engine on first use, so that the other engine does not pay for it. */
export function loadUws(): Promise<typeof Uws> {
  loaded ??= load()
  return loaded
}

async function load(): Promise<typeof Uws> {
  process.env.UWS_HTTP_MAX_HEADERS_SIZE ??= HEAD_BYTES_MAX
  const uws = await import('uWebSockets.js')
  // Undocumented, in every build since v16: leaves out the `uWebSockets: 20` header of each reply.
  const { _cfg: configure } = uws as { _cfg?: (key: string) => void }
  configure?.('silent')
  return uws
}
