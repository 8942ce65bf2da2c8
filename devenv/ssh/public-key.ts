// A line of an authorized_keys file → a key that we accept. Here, and nowhere later, is decided what a key may be.
import { createHash, createPublicKey } from 'node:crypto'
import ssh2 from 'ssh2'
import { EdgeyardError } from '../../servers/contract/errors.ts'

export interface PublicKey {
  /** E.g. `ssh-ed25519`. */
  readonly type: string
  /** The key itself, in SSH's wire format: two keys are the same when these bytes are. */
  readonly blob: Buffer
  /** `SHA256:…`, as `ssh-keygen -l` prints it. */
  readonly fingerprint: string
  /** May be empty. Without control characters. */
  readonly comment: string
}

const TYPES = ['ssh-ed25519', 'ecdsa-sha2-nistp256', 'ecdsa-sha2-nistp384', 'ecdsa-sha2-nistp521', 'ssh-rsa']

/** A shorter RSA key is not safe any more; ssh-keygen has made 2048 bits and more since 2008. */
export const RSA_BITS_MIN = 2048

/** A key line of RSA 16384 has 2,800 characters. */
const LINE_LENGTH_MAX = 8192

/** Throws `KEY_INVALID` with what to give instead. */
export function parsePublicKey(line: string): PublicKey {
  const text = line.trim()
  if (/PRIVATE KEY|PuTTY-User-Key-File/i.test(text)) {
    throw invalid('this is a private key, which nobody but its owner should see; give the .pub file beside it')
  }
  if (text.length > LINE_LENGTH_MAX) throw invalid('the line is too long')
  const [type = '', body = '', ...comment] = text.split(/\s+/)
  if (!TYPES.includes(type)) throw invalid(whyNot(text, type))
  const key = ssh2.utils.parseKey(`${type} ${body}`)
  // A body of another type than the line says parses too: the type is asked again of what was parsed.
  if (key instanceof Error || key.isPrivateKey() || key.type !== type)
    throw invalid('the key is damaged; copy the whole line')
  const blob = key.getPublicSSH()
  if (!blob.equals(Buffer.from(body, 'base64'))) throw invalid('the key is damaged; copy the whole line')
  if (type === 'ssh-rsa' && rsaBits(key.getPublicPEM()) < RSA_BITS_MIN) {
    throw invalid(`an RSA key must have ${RSA_BITS_MIN} bits or more; make one with "ssh-keygen -t ed25519"`)
  }
  return { type, blob, fingerprint: fingerprintOf(blob), comment: clean(comment.join(' ')) }
}

/** The line that is kept: type, key, comment. */
export function renderPublicKey({ type, blob, comment }: PublicKey): string {
  return `${type} ${blob.toString('base64')}${comment === '' ? '' : ` ${comment}`}`
}

export function fingerprintOf(blob: Buffer): string {
  return `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`
}

function whyNot(text: string, type: string): string {
  if (type.includes('-cert-')) return 'certificates are not accepted; give the plain public key'
  if (type.startsWith('sk-')) return 'keys on security tokens (sk-…) are not supported by the server'
  if (type === 'ssh-dss') return 'DSA keys are broken; make one with "ssh-keygen -t ed25519"'
  if (TYPES.some((known) => text.includes(`${known} `))) return 'options before the key are not accepted'
  return `a line must begin with ${TYPES.join(', ')}`
}

function rsaBits(pem: string): number {
  return createPublicKey(pem).asymmetricKeyDetails?.modulusLength ?? 0
}

/** Control characters, and those that turn the direction of text, have no place in a terminal. */
function clean(comment: string): string {
  return comment.replace(/[\p{Cc}\p{Cf}]/gu, '')
}

function invalid(why: string): EdgeyardError {
  return new EdgeyardError('KEY_INVALID', `Cannot use this as a public key: ${why}`)
}
