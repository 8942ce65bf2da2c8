// By which names the viewer may be called. A page elsewhere can make a browser believe that its own name leads here (DNS rebinding),
// and would then read the log as if it were its own; an address or a name of this machine cannot be given away like that.
import { isIP } from 'node:net'

/**
 * Answers for the Host header of a request. `host` is what the viewer was told to listen on; nobody else has a certificate
 * of ours, so the names in it (`alsoOurs`) are ours, too.
 */
export function createHostCheck(
  host: string,
  alsoOurs: (name: string) => boolean = () => false,
): (header: string | undefined) => boolean {
  const names = new Set(['localhost', host.toLowerCase()])
  return (header) => {
    const name = nameOf(header ?? '')
    return isIP(name) !== 0 || names.has(name) || alsoOurs(name)
  }
}

/** Without the port and without the brackets of an IPv6 address. */
function nameOf(header: string): string {
  const [, address, name] = /^(?:\[([^\]]*)\]|([^:]*))(?::\d*)?$/.exec(header.toLowerCase()) ?? []
  return address ?? name ?? ''
}
