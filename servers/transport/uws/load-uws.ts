// The one place that imports uWebSockets.js: its settings have to be made before and right after.
import type * as Module from 'uWebSockets.js'
import { isMainThread } from 'node:worker_threads'

/** The engine's limit for a request's head is 4 KiB unless it is told otherwise, by a variable it reads only once. */
const HEAD_BYTES_MAX = '16384'

/** With the values that the package's types name as types only. */
export type Uws = typeof Module &
  Readonly<Record<'DISABLED' | 'SHARED_COMPRESSOR' | 'SHARED_DECOMPRESSOR', Module.CompressOptions>>

let loaded: Promise<Uws> | undefined

/** Loads the engine on first use, so that the other engine does not pay for it. Rejects in a thread: the end of one would end the process. */
export function loadUws(): Promise<Uws> {
  loaded ??= load()
  return loaded
}

async function load(): Promise<Uws> {
  if (!isMainThread) throw new Error('Cannot load uWebSockets.js in a thread: its end would end the process')
  process.env.UWS_HTTP_MAX_HEADERS_SIZE ??= HEAD_BYTES_MAX
  const uws = await import('uWebSockets.js')
  // Undocumented, in every build since v16: leaves out the `uWebSockets: 20` header of each reply.
  const { _cfg: configure } = uws as { _cfg?: (key: string) => void }
  configure?.('silent')
  return uws as Uws
}
