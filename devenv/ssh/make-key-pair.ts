// A new ed25519 key pair in OpenSSH's formats.
import ssh2 from 'ssh2'

/** One of some 256 pairs that ssh2 makes is cut short: a key to nobody, ssh2 itself included. */
const TRIES_MAX = 10

export interface KeyPair {
  readonly private: string
  readonly public: string
}

/** Throws when ssh2 makes none that it can read. */
export function makeKeyPair(options: { comment?: string } = {}): KeyPair {
  for (let tries = 1; ; tries++) {
    const pair = ssh2.utils.generateKeyPairSync('ed25519', options)
    const broken = [pair.private, pair.public]
      .map((text) => ssh2.utils.parseKey(text))
      .find((key) => key instanceof Error)
    if (broken === undefined) return pair
    if (tries === TRIES_MAX) throw broken
  }
}
