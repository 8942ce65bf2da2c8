// Who came without a key that is known: one audit record a connection, and never more a minute than somebody can read.
import type { AuthContext, PublicKeyAuthContext } from 'ssh2'
import { fingerprintOf } from './public-key.ts'
import type { SshOptions } from './ssh-options.ts'

/** Beyond it the rest of the minute's refusals are counted in one record. */
const RECORDS_PER_MINUTE_MAX = 30
const MINUTE_MS = 60_000

export interface RefusedLogins {
  /** A connection has ended on which nothing was proven. `keys`: fingerprints, in the order they were offered. */
  tell(ip: string | undefined, keys: ReadonlySet<string>): void
}

export function createRefusedLogins(
  { onRecord }: Pick<SshOptions, 'onRecord'>,
  now = () => performance.now(),
): RefusedLogins {
  let begun = Number.NEGATIVE_INFINITY
  let told = 0
  const write = (message: string, fields: Readonly<Record<string, unknown>>) =>
    onRecord?.({
      ...{ severity: 'warn', message },
      fields: {
        audit: true,
        who: null,
        act: 'login',
        target: 'ssh',
        old: null,
        new: null,
        result: 'refused',
        ...fields,
      },
    })
  return {
    tell(ip, keys) {
      if (keys.size === 0) return
      if (now() - begun > MINUTE_MS) {
        if (told > RECORDS_PER_MINUTE_MAX) write('More logins were refused', { count: told - RECORDS_PER_MINUTE_MAX })
        begun = now()
        told = 0
      }
      if (++told > RECORDS_PER_MINUTE_MAX) return
      const [key = null] = keys
      write('A login was refused: no key is known', { key, keys: [...keys], ip })
    },
  }
}

/** The fingerprint of the key that an attempt was made with; null for another method. */
export function keyOfAttempt(attempt: AuthContext): string | null {
  return attempt.method === 'publickey' ? fingerprintOf((attempt as PublicKeyAuthContext).key.data) : null
}
