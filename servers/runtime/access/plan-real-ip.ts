// ngx_http_realip_module: the client's address as a proxy that we trust tells it.
import type { RealIpConf } from '../../contract/conf/conf.ts'
import type { ServedRequest } from '../served-request.ts'

/** Sets `request.ip`. */
export type RealIp = (request: ServedRequest) => void

/** Undefined when nobody is trusted. */
export function planRealIp(_conf: RealIpConf): RealIp | undefined {
  return undefined
}
