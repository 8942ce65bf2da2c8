// ngx_http_realip_module: the client's address as a proxy that we trust tells it.
import type { RealIpConf } from '../../contract/conf/conf.ts'
import { addressOfBytes } from '../../transport/client-address.ts'
import type { ServedRequest } from '../served-request.ts'
import { parseAddress, parseNetwork } from './network.ts'

/** Sets `request.ip`. */
export type RealIp = (request: ServedRequest) => void

/** Undefined when nobody is trusted. */
export function planRealIp({ from, header, recursive }: RealIpConf): RealIp | undefined {
  if (from.length === 0) return undefined
  const networks = from.map(parseNetwork)
  const isTrusted = (ip: string) => networks.some((contains) => contains(ip))
  return (request) => {
    const told = request.head.headers.filter(([name]) => name === header).map(([, value]) => value)
    if (told.length > 0) request.ip = clientAddress(request.ip, told.join(','), { isTrusted, recursive })
  }
}

/**
 * From the last address backwards, for as long as whoever told it is trusted; without `recursive` only the last. What is no address ends
 * the search, as in nginx.
 */
export function clientAddress(
  peer: string,
  told: string,
  { isTrusted, recursive }: { isTrusted: (ip: string) => boolean; recursive: boolean },
): string {
  let ip = peer
  for (const each of told.split(',').reverse()) {
    const text = each.trim()
    if (text === '') continue
    if (!isTrusted(ip)) break
    const bytes = parseAddress(withoutPort(text))
    if (bytes === undefined) break
    ip = addressOfBytes(bytes)
    if (!recursive) break
  }
  return ip
}

/** `192.0.2.1:80`, `[2001:db8::1]:80`, `[2001:db8::1]`; an IPv6 address without brackets has no port. */
function withoutPort(text: string): string {
  if (text.startsWith('[')) return text.slice(1, text.indexOf(']'))
  return text.indexOf(':') === text.lastIndexOf(':') ? text.replace(/:\d{1,5}$/, '') : text
}
