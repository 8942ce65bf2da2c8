// `websocket_origin`: which pages a browser may open a socket from. Browsers always say it, and scripts of a page cannot change it;
// what sends no Origin is no browser, and could send any.
import type { LocationConf } from '../../contract/conf/conf.ts'
import type { RequestHead } from '../../transport/port.ts'

/** The Origin that is not allowed; undefined when there is nothing against the handshake. */
export function foreignOrigin(allowed: LocationConf['websocketOrigins'], head: RequestHead): string | undefined {
  if (allowed === 'any') return undefined
  const origin = head.headers.find(([name]) => name === 'origin')?.[1].toLowerCase()
  if (origin === undefined) return undefined
  return (allowed === 'same' ? isSame(origin, head) : allowed.includes(origin)) ? undefined : origin
}

/** The scheme is left out of it: TLS may have ended at a proxy. */
function isSame(origin: string, { headers }: RequestHead): boolean {
  const host = headers.find(([name]) => name === 'host')?.[1]
  try {
    const { host: from, protocol } = new URL(origin)
    return from === new URL(`${protocol}//${host}`).host
  } catch {
    return false
  }
}
