// Who is just getting another name, and who has got one: what was begun under the old name goes on under the new one.
import type { Rename } from '../developers/rename-journal.ts'

export interface Renames {
  /** Does a renaming. Rejects as `job` does: then everybody is called what they were. */
  during(rename: Rename, job: () => Promise<void>): Promise<void>
  /** Resolves when nobody is just getting or losing this name, which may be at once. */
  settled(developer: string): Promise<void>
  isUnderWay(developer: string): boolean
  /** What they are called now who had this name; the same for whom this daemon has not renamed. */
  nameOf(developer: string): string
}

/** One renaming at a time. */
export function createRenames(): Renames {
  let now: { readonly rename: Rename; readonly ended: Promise<void> } | null = null
  const names = new Map<string, string>()
  const isUnderWay = (developer: string) => now?.rename.from === developer || now?.rename.to === developer
  return {
    async during(rename, job) {
      const done = job()
      now = { rename, ended: done.catch(() => {}) }
      try {
        await done
        // Whoever had it before is not meant any more.
        names.delete(rename.to)
        names.set(rename.from, rename.to)
      } finally {
        now = null
      }
    },
    async settled(developer) {
      while (isUnderWay(developer)) await now?.ended
    },
    isUnderWay,
    nameOf(developer) {
      let name = developer
      for (let next = names.get(name); next !== undefined; next = names.get(name)) name = next
      return name
    },
  }
}
