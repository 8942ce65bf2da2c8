// Everything listens on `host` of yard.yml: it has to be this machine's. Looked at once, before every port is refused for it.
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { networkInterfaces } from 'node:os'
import { basename } from 'node:path'
import { isNode, parseDocument } from 'yaml'
import { type Diagnostic, locate } from '../../servers/contract/diagnostic.ts'
import { EdgeyardError } from '../../servers/contract/errors.ts'
import { startOf } from './settings-fields.ts'

/** `file` is yard.yml. Throws `YARD_SETTINGS` with the place, and with what to write instead. */
export async function requireHost(file: string, host: string): Promise<void> {
  const cause = await tryToListen(host)
  if (cause === null) return
  const why = whyNot(cause.code ?? '')
  if (why === undefined) throw cause
  const hint = `this machine's are ${addresses().join(', ')}, and 0.0.0.0 is all of them; without "host" it is 127.0.0.1`
  const message = `host "${host}" ${why}`
  const text = await readFile(file, 'utf8').catch(() => '')
  const place = placeOf(text, host)
  if (place === null) throw new EdgeyardError('YARD_SETTINGS', `Cannot use ${file}: ${message}; ${hint}`, { cause })
  const diagnostics = [{ file: basename(file), ...place, message, hint }]
  throw new EdgeyardError('YARD_SETTINGS', `Cannot use ${file}`, { cause, diagnostics })
}

/** Undefined for what is not the host's fault. */
function whyNot(code: string): string | undefined {
  if (code === 'ENOTFOUND' || code.startsWith('EAI_')) return `does not resolve to an address (${code})`
  if (['EADDRNOTAVAIL', 'EAFNOSUPPORT', 'EINVAL'].includes(code)) return 'is no address of this machine'
  return undefined
}

/** Null when it is not there: the default counts. */
function placeOf(text: string, host: string): Omit<Diagnostic, 'file' | 'message'> | null {
  const node = parseDocument(text).getIn(['host'], true)
  return isNode(node) ? { ...locate(text, startOf(node)), length: host.length } : null
}

function addresses(): string[] {
  const all = Object.values(networkInterfaces()).flatMap((some) => some ?? [])
  // Those of a link alone need more than the address to be listened on.
  return all.filter(({ scopeid }) => !scopeid).map(({ address }) => address)
}

/** On whichever port is free. */
function tryToListen(host: string): Promise<NodeJS.ErrnoException | null> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', resolve)
    server.listen({ host, port: 0 }, () => server.close(() => resolve(null)))
  })
}
