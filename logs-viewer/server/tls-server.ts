// The viewer's end of TLS. A renewed certificate is for the next connection; those that are open keep theirs.
import { X509Certificate } from 'node:crypto'
import { readFileSync, watch } from 'node:fs'
import { createServer, type Server } from 'node:https'
import { basename, dirname } from 'node:path'

export interface TlsServer {
  readonly server: Server
  /** Whether the certificate is for this name. */
  isOurName(name: string): boolean
  close(): void
}

/** `file`: certificate, chain and key, PEM. Throws when it cannot be used; a later one that cannot is told, and the one before stays. */
export function createTlsServer(file: string): TlsServer {
  let pem = readFileSync(file)
  let leaf = new X509Certificate(pem)
  const server = createServer({ cert: pem, key: pem })
  const renew = () => {
    try {
      const next = readFileSync(file)
      if (next.equals(pem)) return
      server.setSecureContext({ cert: next, key: next })
      leaf = new X509Certificate(next)
      pem = next
    } catch (error) {
      console.error(`Cannot take up the certificate ${file}; the one before stays:`, error)
    }
  }
  // The folder: the file is replaced, not written to.
  const watcher = watch(dirname(file), (_event, name) => {
    if (name === basename(file)) renew()
  })
  return {
    server,
    isOurName: (name) => leaf.checkHost(name) !== undefined,
    close: () => watcher.close(),
  }
}
