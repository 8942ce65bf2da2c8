// A push that comes beside `dev rename`: git moves the branch under the old name, and the yard follows it under the new one.
import type { Yard } from './yard.ts'

/**
 * Acts for these developers, and once more for those who have got another name meanwhile: under the old one it came to nothing.
 * Rejects as `act` does the last time.
 */
export async function followRenames<T>(
  yard: Pick<Yard, 'isRenaming' | 'nameOf' | 'reconcile'>,
  developers: readonly string[],
  progress: (line: string) => void,
  act: (developers: readonly string[]) => Promise<T>,
): Promise<T> {
  for (const name of developers.filter((one) => yard.isRenaming(one))) {
    progress(`${name} is just getting another name: waiting for that`)
  }
  const acted = act(developers)
  // It is told below.
  await acted.catch(() => {})
  const names = await Promise.all(developers.map((name) => yard.nameOf(name)))
  const renamed = names.flatMap((name, index) => (name === developers[index] ? [] : [[developers[index], name]]))
  if (renamed.length === 0) return await acted
  for (const [from, to] of renamed) progress(`${from} is called ${to} now, and the push is on the branch ${to}`)
  // Their services come up first.
  await yard.reconcile(() => {})
  return await followRenames(yard, names, progress, act)
}
