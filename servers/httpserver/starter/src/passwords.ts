// Passwords are kept as scrypt hashes in the form `$scrypt$ln=15,r=8,p=3$salt$hash`, which says how it was made, so that
// the cost can be raised later and old hashes stay good.
import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto'

interface Cost {
  /** The logarithm of N: memory is 128 × r × 2^ln bytes, for as long as one hash takes. */
  ln: number
  r: number
  p: number
}

/** 32 MiB and about a fifth of a second: one of the settings that OWASP recommends, and not the one with the most memory. */
const COST: Cost = { ln: 15, r: 8, p: 3 }

/** What a stored hash may ask of us at most; a row that says more was not written by us. */
const LN_MAX = 17
const SALT_BYTES = 16
const HASH_BYTES = 32

export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES)
  const hash = await derive(password, salt, COST)
  return `$scrypt$ln=${COST.ln},r=${COST.r},p=${COST.p}$${encode(salt)}$${encode(hash)}`
}

/** Also for a user who does not exist (undefined): it takes the same time, so that nobody learns which names do. */
export async function verifyPassword(password: string, stored: string | undefined): Promise<boolean> {
  const parsed = stored === undefined ? undefined : parseHash(stored)
  if (parsed === undefined) {
    await derive(password, NOBODYS_SALT, COST)
    return false
  }
  return timingSafeEqual(await derive(password, parsed.salt, parsed.cost), parsed.hash)
}

const NOBODYS_SALT = Buffer.alloc(SALT_BYTES)

function derive(password: string, salt: Buffer, { ln, r, p }: Cost): Promise<Buffer> {
  const N = 2 ** ln
  // Node's own limit is just below what this needs.
  const options = { N, r, p, maxmem: 256 * N * r }
  return new Promise((resolve, reject) => {
    scrypt(password.normalize('NFKC'), salt, HASH_BYTES, options, (error, hash) =>
      error ? reject(error) : resolve(hash),
    )
  })
}

function parseHash(text: string): { cost: Cost; salt: Buffer; hash: Buffer } | undefined {
  const match = /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$([\w+/]+)\$([\w+/]+)$/.exec(text)
  if (!match) return undefined
  const [, ln, r, p, salt, hash] = match
  const parsed = {
    cost: { ln: Number(ln), r: Number(r), p: Number(p) },
    salt: Buffer.from(salt!, 'base64'),
    hash: Buffer.from(hash!, 'base64'),
  }
  return parsed.cost.ln <= LN_MAX && parsed.hash.length === HASH_BYTES ? parsed : undefined
}

/** Base64 without `=`, as hash strings have it. */
function encode(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '')
}
