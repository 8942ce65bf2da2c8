// What a supervisor must know of a server's engine.
import type { Conf } from './conf/conf.ts'

/**
 * Whether two processes can listen on one port, so that the next release takes over without a gap. uWebSockets.js does it by
 * itself; Node, which runs both sides here, since `reusePort` came with libuv 1.49 (Node 22.12, 23.1).
 */
export function sharesPort(engine: Conf['engine'], versions: { readonly uv: string } = process.versions): boolean {
  if (engine === 'uws') return true
  const [major = 0, minor = 0] = versions.uv.split('.').map(Number)
  return major > 1 || (major === 1 && minor >= 49)
}
