// Which groups of errors were seen already, so that only a new one is told of; and until when has been looked.
import { createStateFile } from './state-file.ts'

/** Remembered at most; the one that was seen first is forgotten first, and would be told of again. */
const KNOWN_MAX = 20_000

export interface KnownErrors {
  /** ISO 8601 UTC of arrival; null: nobody has looked yet. */
  readonly until: string | null
  has(fingerprint: string): boolean
  add(fingerprints: readonly string[], until: string): Promise<void>
}

export async function createKnownErrors(path: string | null): Promise<KnownErrors> {
  const file = createStateFile(path, () => ({ until, fingerprints: [...known] }))
  const before = await file.read()
  const texts = Array.isArray(before?.fingerprints) ? before.fingerprints.filter((one) => typeof one === 'string') : []
  const known = new Set<string>(texts)
  let until = typeof before?.until === 'string' ? before.until : null
  return {
    get until() {
      return until
    },
    has: (fingerprint) => known.has(fingerprint),
    async add(fingerprints, looked) {
      for (const fingerprint of fingerprints) known.add(fingerprint)
      for (const oldest of known) {
        if (known.size <= KNOWN_MAX) break
        known.delete(oldest)
      }
      until = looked
      await file.write()
    },
  }
}
