// The server's own key: made once, kept for ever, because clients remember it.
import { randomBytes } from 'node:crypto'
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import ssh2 from 'ssh2'
import { EdgeyardError } from '../../servers/contract/errors.ts'
import type { YardLayout } from '../sandbox/layout.ts'
import { makeKeyPair } from './make-key-pair.ts'
import { fingerprintOf } from './public-key.ts'

export interface HostKey {
  /** In OpenSSH's format. */
  readonly privateKey: string
  /** `SHA256:…`, what a client shows on its first connection. */
  readonly fingerprint: string
}

/** Reads the host key (`layout.hostKey`, 0600), or makes it. Throws `ROOT_UNUSABLE` for a file that is not a key: never replaced. */
export async function ensureHostKey(layout: YardLayout): Promise<HostKey> {
  const present = await read(layout.hostKey)
  if (present !== null) return present
  await mkdir(dirname(layout.hostKey), { recursive: true, mode: 0o700 })
  const aside = `${layout.hostKey}.${randomBytes(4).toString('hex')}`
  try {
    const pair = makeKeyPair({ comment: 'edgeyard' })
    await writeFile(aside, pair.private, { mode: 0o600, flag: 'wx', flush: true })
    await link(aside, layout.hostKey)
  } catch (error) {
    // Somebody else made it at the same time: theirs counts.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  } finally {
    await rm(aside, { force: true })
  }
  return (await read(layout.hostKey))!
}

async function read(file: string): Promise<HostKey | null> {
  const privateKey = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null
    throw error
  })
  if (privateKey === null) return null
  const key = ssh2.utils.parseKey(privateKey)
  if (key instanceof Error || !key.isPrivateKey()) {
    throw new EdgeyardError(
      'ROOT_UNUSABLE',
      `Cannot use ${file}: it is not a private key; bring it back from a backup, or remove it and let clients accept a new one`,
    )
  }
  return { privateKey, fingerprint: fingerprintOf(key.getPublicSSH()) }
}
