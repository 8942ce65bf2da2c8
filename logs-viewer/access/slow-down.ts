// Makes guessing slow: after some wrong tries, an address has to wait before each next one. An address that has never been wrong is
// never kept waiting, whatever others do.

/** Wrong tries that cost nothing: a person with the wrong token on the clipboard. */
const FREE_TRIES = 10
/** Beyond them one try each so often, of one address and, of all that have been wrong, together. */
const TRY_EVERY_MS = 5_000
const TRY_EVERY_TOGETHER_MS = 250
const FREE_TRIES_TOGETHER = 200

/** Addresses that are remembered; the one that was wrong the longest ago is forgotten first. */
const ADDRESSES_MAX = 10_000

/** Fills by one each `everyMs`, up to `size`. */
interface Bucket {
  left: number
  atMs: number
}

export interface SlowDown {
  /** Milliseconds until this address may try; 0: now. */
  waitMs(address: string): number
  /** It was wrong. */
  count(address: string): void
}

export function createSlowDown(now: () => number): SlowDown {
  const addresses = new Map<string, Bucket>()
  const together: Bucket = { left: FREE_TRIES_TOGETHER, atMs: now() }
  return {
    waitMs(address) {
      const own = addresses.get(groupOf(address))
      if (own === undefined) return 0
      fill(own, FREE_TRIES, TRY_EVERY_MS, now())
      fill(together, FREE_TRIES_TOGETHER, TRY_EVERY_TOGETHER_MS, now())
      return Math.max(missingMs(own, TRY_EVERY_MS), missingMs(together, TRY_EVERY_TOGETHER_MS))
    },
    count(address) {
      const group = groupOf(address)
      const own = addresses.get(group) ?? { left: FREE_TRIES, atMs: now() }
      fill(own, FREE_TRIES, TRY_EVERY_MS, now())
      fill(together, FREE_TRIES_TOGETHER, TRY_EVERY_TOGETHER_MS, now())
      own.left--
      together.left = Math.max(0, together.left - 1)
      addresses.delete(group)
      addresses.set(group, own)
      if (addresses.size > ADDRESSES_MAX) addresses.delete(addresses.keys().next().value!)
    },
  }
}

function fill(bucket: Bucket, size: number, everyMs: number, nowMs: number): void {
  bucket.left = Math.min(size, bucket.left + Math.max(0, nowMs - bucket.atMs) / everyMs)
  bucket.atMs = nowMs
}

function missingMs({ left }: Bucket, everyMs: number): number {
  return left >= 1 ? 0 : Math.ceil((1 - left) * everyMs)
}

/** One line to the internet has 2^64 addresses of version 6. */
function groupOf(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/, '')
  return plain.includes(':') ? plain.split(':').slice(0, 4).join(':') : plain
}
