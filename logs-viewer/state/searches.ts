// Searches that people have given a name, each person's own.
import type { SavedSearch } from '../query/wire.ts'
import { createStateFile } from './state-file.ts'

/** Of one person; nobody finds anything in a longer list. */
export const SEARCHES_MAX = 100
const NAME_LENGTH_MAX = 80
/** As long as an address may be. */
const QUERY_LENGTH_MAX = 2_000

/** What a name must not have: it becomes part of a path, and is shown. */
const NOT_IN_A_NAME = /[\p{Cc}\p{Cf}\p{Cs}/\\]/u

export interface Searches {
  of(person: string): readonly SavedSearch[]
  /** False when the person has SEARCHES_MAX already. */
  put(person: string, search: SavedSearch): Promise<boolean>
  /** False when there was none. */
  remove(person: string, name: string): Promise<boolean>
}

export async function createSearches(path: string | null): Promise<Searches> {
  const people = new Map<string, Map<string, string>>()
  const file = createStateFile(path, () => ({
    people: Object.fromEntries([...people].map(([person, searches]) => [person, Object.fromEntries(searches)])),
  }))
  const before = await file.read()
  for (const [person, searches] of Object.entries(before?.people ?? {})) {
    const known = Object.entries(searches as object).filter((entry): entry is [string, string] => {
      return typeof entry[1] === 'string'
    })
    people.set(person, new Map(known))
  }
  return {
    of: (person) =>
      [...(people.get(person) ?? [])]
        .map(([name, query]) => ({ name, query }))
        .sort((a, b) => a.name.localeCompare(b.name)),
    async put(person, { name, query }) {
      const own = people.get(person) ?? new Map<string, string>()
      if (!own.has(name) && own.size >= SEARCHES_MAX) return false
      people.set(person, own.set(name, query))
      await file.write()
      return true
    },
    async remove(person, name) {
      const had = people.get(person)?.delete(name) ?? false
      if (had) await file.write()
      return had
    },
  }
}

/** The name, or why it cannot be one. */
export function whyNoName(name: string): string | undefined {
  if (name.trim() === '' || name.length > NAME_LENGTH_MAX) return `A name has 1 to ${NAME_LENGTH_MAX} characters`
  return NOT_IN_A_NAME.test(name) ? 'A name has no slashes and no control characters' : undefined
}

export function whyNoQuery(query: unknown): string | undefined {
  return typeof query === 'string' && query.length <= QUERY_LENGTH_MAX
    ? undefined
    : `query has to be a text of at most ${QUERY_LENGTH_MAX} characters`
}
