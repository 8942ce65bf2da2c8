// serverctrl's sections follow the developers: those who came get ports that nobody has, those who went give theirs back.
import { existsSync } from 'node:fs'
import { isEdgeyardError, messageOf } from '../../servers/contract/errors.ts'
import { MASTER } from '../../servers/contract/names.ts'
import { readDevelopers } from '../developers/developers.ts'
import { readRemovals } from '../developers/removals.ts'
import { pushFiles } from '../git/push-files.ts'
import { readAllTemplates } from '../git/read-templates.ts'
import type { YardLayout } from '../sandbox/layout.ts'
import { planSections, type SectionsPlan, sectionsOf } from '../sandbox/plan-sections.ts'
import { readSettings } from '../settings/read-settings.ts'
import type { YardSettings } from '../settings/settings.ts'
import { newsOf } from './news-of.ts'
import { requireFreePort } from './ports.ts'
import type { YardContext } from './yard-context.ts'

type Progress = (line: string) => void

/** The sections as they should be. Nothing is pushed when they are. Throws `PORT_TAKEN` when a range is full. */
export async function syncSections({ layout, settings }: YardContext, progress: Progress): Promise<void> {
  const developers = await readDevelopers(layout)
  const [master] = (await readAllTemplates(layout, [MASTER])).values()
  if (master === undefined) return
  const { files } = await planFreeSections({ layout, settings }, developers, progress)
  const names = Object.keys(files).filter((name) => files[name] !== master[name])
  if (names.length === 0) return
  const said: string[] = []
  await pushFiles(layout, {
    repository: 'serverctrl',
    branches: [MASTER],
    files: new Map(names.map((name) => [name, Buffer.from(files[name]!)])),
    message: 'Developers came or went',
    onProgress: (line) => said.push(line),
  })
  newsOf(said, 0).forEach(progress)
}

/**
 * Whether somebody came or went and serverctrl has not followed: sections that were refused, a removal that was cut off. Whose file
 * is missing without a removal has not gone for that: what they have stays where it is until the operator does something.
 */
export async function haveFallenBehind(layout: YardLayout): Promise<boolean> {
  const [master] = (await readAllTemplates(layout, [MASTER])).values()
  if (master === undefined) return false
  const names = new Set((await readDevelopers(layout)).map(({ name }) => name))
  const sections = sectionsOf(master)
  const removals = await readRemovals(layout)
  return (
    [...names].some((name) => name !== MASTER && !sections.has(name)) ||
    [...removals.keys()].some((name) => !names.has(name))
  )
}

/**
 * The sections for these developers, with new ports on which nobody listens; one that another program has is told and passed
 * over. The ranges are read anew, so that one which was full can be widened while the yard runs.
 */
export async function planFreeSections(
  { layout, settings }: { layout: YardLayout; settings: YardSettings },
  developers: readonly { readonly name: string; readonly index: number }[],
  progress: Progress,
): Promise<SectionsPlan> {
  const { [MASTER]: files = {}, ...branches } = Object.fromEntries(
    await readAllTemplates(layout, [MASTER, ...developers.map(({ name }) => name)]),
  )
  const { ports: ranges } = existsSync(layout.settings) ? await readSettings(layout.settings) : settings
  const holders = new Map(yardPorts(settings))
  // Each round takes a port out of a range, and a full one throws.
  for (;;) {
    const plan = planSections({ files, branches, developers, ranges, holders })
    const busy = await Promise.all(
      plan.assigned.map(async ({ developer, kind, port }) => {
        const taken = await requireFreePort(settings.host, port, `${kind} of ${developer}`).catch((error) => error)
        return taken === undefined ? [] : [[port, taken as unknown] as const]
      }),
    )
    if (busy.flat().length === 0) return plan
    for (const [port, error] of busy.flat()) {
      if (!isEdgeyardError(error)) throw error
      progress(`${messageOf(error)}; the next one is taken`)
      holders.set(port, 'another program')
    }
  }
}

/** What the yard itself listens on. */
export function yardPorts({ sshPort, viewerPort }: YardSettings): readonly (readonly [number, string])[] {
  return [
    [sshPort, "the yard's own ssh server"],
    [viewerPort, 'the log viewer'],
  ]
}
