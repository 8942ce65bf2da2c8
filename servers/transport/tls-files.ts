// What TLS needs, read and tried before an engine sees it: uWebSockets.js says nothing about what is wrong with a file.
import { promises as files } from 'node:fs'
import type { SecureVersion } from 'node:tls'
import { EdgeyardError, messageOf } from '../contract/errors.ts'
import type { TlsOptions, TransportOptions } from './port.ts'

/** As node:tls takes it. */
export interface TlsContext {
  readonly cert: Buffer
  readonly key: Buffer
  readonly minVersion: SecureVersion
  readonly maxVersion: SecureVersion
  readonly ciphers?: string
}

const PROTOCOLS: readonly SecureVersion[] = ['TLSv1.2', 'TLSv1.3']

/** Rejects with TLS_INVALID for a file that cannot be read or does not belong to the other, and for what the engine cannot do. */
export async function readTls(
  { certificate, key, protocols = PROTOCOLS, ciphers }: TlsOptions,
  engine: TransportOptions['engine'],
): Promise<TlsContext> {
  for (const protocol of protocols) {
    if (!PROTOCOLS.includes(protocol as SecureVersion)) {
      throw invalid(`Cannot use the TLS protocol "${protocol}": there are ${PROTOCOLS.join(' and ')}`)
    }
  }
  const wanted = PROTOCOLS.filter((protocol) => protocols.includes(protocol))
  if (wanted.length === 0) throw invalid(`Cannot use TLS without a protocol: there are ${PROTOCOLS.join(' and ')}`)
  if (engine === 'uws' && wanted.length < PROTOCOLS.length) {
    throw invalid(`Cannot leave out a TLS protocol: the engine uws always speaks ${PROTOCOLS.join(' and ')}`)
  }
  const context: TlsContext = {
    cert: await read('certificate', certificate),
    key: await read('key', key),
    minVersion: wanted[0]!,
    maxVersion: wanted.at(-1)!,
    ...(ciphers === undefined ? {} : { ciphers }),
  }
  const { createSecureContext } = await import('node:tls')
  try {
    createSecureContext(context)
  } catch (error) {
    throw invalid(
      `Cannot use the TLS certificate "${certificate}" with the key "${key}"${ciphers === undefined ? '' : ` and the ciphers "${ciphers}"`}: ${messageOf(error)}`,
      error,
    )
  }
  return context
}

async function read(what: string, path: string): Promise<Buffer> {
  try {
    return await files.readFile(path)
  } catch (error) {
    throw invalid(`Cannot read the TLS ${what} "${path}": ${messageOf(error)}`, error)
  }
}

function invalid(message: string, cause?: unknown): EdgeyardError {
  return new EdgeyardError('TLS_INVALID', message, { cause })
}
