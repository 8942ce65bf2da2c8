// Who is at the other end: whoever has *signed* with a key of theirs. A key that is only offered proves nothing.
import ssh2, { type AuthContext, type PublicKeyAuthContext } from 'ssh2'
import { stillHasKey, whoHasKey } from '../developers/keys.ts'
import type { YardLayout } from '../sandbox/layout.ts'
import { fingerprintOf } from './public-key.ts'

export interface Identity {
  readonly developer: string
  /** The key that was proven, as it is sent. */
  readonly key: Buffer
  readonly fingerprint: string
}

/** What one attempt to log in comes to. The user name it was made with means nothing. */
export type Attempt =
  | { readonly kind: 'refused' }
  /** The key is known: the client may go on and sign with it. */
  | { readonly kind: 'offered' }
  | { readonly kind: 'proven'; readonly identity: Identity }

/** Never rejects for anything a client sends. */
export async function judgeAttempt(layout: YardLayout, attempt: AuthContext): Promise<Attempt> {
  if (attempt.method !== 'publickey') return { kind: 'refused' }
  const { key, signature, blob, hashAlgo } = attempt as PublicKeyAuthContext
  const parsed = ssh2.utils.parseKey(key.data)
  // The client says the type twice; where the two differ it wants one key's rules for another's signature.
  if (parsed instanceof Error || parsed.type !== key.algo) return { kind: 'refused' }
  // SHA-1: what "ssh-rsa" means when the client names no other hash.
  if (parsed.type === 'ssh-rsa' && hashAlgo === undefined) return { kind: 'refused' }
  const developer = await whoHasKey(layout, key.data)
  if (developer === null) return { kind: 'refused' }
  if (signature === undefined || blob === undefined) return { kind: 'offered' }
  if (parsed.verify(blob, signature, hashAlgo) !== true) return { kind: 'refused' }
  return { kind: 'proven', identity: { developer, key: key.data, fingerprint: fingerprintOf(key.data) } }
}

/**
 * Whether somebody still is who they were when they logged in: they may have gone since, have another name, or have had the key taken
 * back. Asked before anything is done for them; it costs one small file.
 */
export async function isStill(layout: YardLayout, { developer, key }: Identity): Promise<boolean> {
  return await stillHasKey(layout, developer, key)
}
