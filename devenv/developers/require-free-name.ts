// Whether a name may be given to somebody: nothing of an earlier developer of that name may be there for them to find.
import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { EdgeyardError } from '../../servers/contract/errors.ts'
import { parseDeveloperName, REPOSITORIES } from '../../servers/contract/names.ts'
import { listBranches } from '../git/refs.ts'
import { collectorQueueOf, type YardLayout } from '../sandbox/layout.ts'
import { readDevelopers } from './developers.ts'
import { readRemovals } from './removals.ts'

/** `cannot` begins the message. Throws DEVELOPER_NAME, or DEVELOPER_EXISTS naming what has the name, and what to do about it. */
export async function requireFreeName(layout: YardLayout, name: string, cannot: string): Promise<void> {
  parseDeveloperName(name)
  const taken = (why: string) => new EdgeyardError('DEVELOPER_EXISTS', `${cannot}: ${why}`)
  if ((await readDevelopers(layout)).some((developer) => developer.name === name))
    throw taken('there is such a developer already')
  if ((await readRemovals(layout)).has(name))
    throw taken('the one who had this name is not quite removed; "edgeyard up" finishes that')
  const access = layout.belongings(name).access.find((path) => existsSync(path))
  if (access !== undefined) throw taken(`${access} is there, of another one; move it away first`)
  const left = await findLeft(layout, name)
  if (left !== undefined)
    throw taken(`${left} is there, of another one; move it away, or let "edgeyard up" put it aside`)
  for (const repository of REPOSITORIES) {
    // A yard that was never up has no repositories.
    if (!existsSync(layout.repository(repository)) || !(await listBranches(layout, repository)).has(name)) continue
    throw taken(`${repository} has a branch "${name}", of another one; "edgeyard up" puts it aside`)
  }
}

/** Of what is put aside when somebody goes. */
async function findLeft(layout: YardLayout, name: string): Promise<string | undefined> {
  const { folders, memories } = layout.belongings(name)
  const queued = (await readdir(layout.rsyslog.work).catch(() => [])).filter((file) => collectorQueueOf(file) === name)
  return [
    ...folders.flatMap(({ folder, days }) => [folder, days]),
    ...memories,
    ...queued.map((file) => join(layout.rsyslog.work, file)),
  ].find((path) => existsSync(path))
}
