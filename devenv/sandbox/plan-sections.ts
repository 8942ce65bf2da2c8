// Which developers have a section in serverctrl's values, and with which ports. Pure. What a section says is never changed
// here: ranges only say where the next port comes from.
import { MASTER, SERVERS } from '../../servers/contract/names.ts'
import { addDevelopers, type OwnPorts, readListens, removeDevelopers, withListen } from '../../templates/edit-values.ts'
import type { TemplateFiles } from '../../templates/render.ts'
import { sectionText } from '../../templates/section-text.ts'
import { assignPort, type PortHolders } from './assign-port.ts'
import type { PortKind, PortPlan, PortRanges } from './ports.ts'

export interface AssignedPort {
  readonly developer: string
  readonly kind: PortKind
  readonly port: number
}

export interface SectionsPlan {
  readonly files: TemplateFiles
  /** The ports of those who had no section. */
  readonly assigned: readonly AssignedPort[]
}

export interface SectionsWanted {
  /** serverctrl's master. */
  readonly files: TemplateFiles
  /** The developers' own branches: they may have moved a port themselves, where the operator lets them. */
  readonly branches?: Readonly<Record<string, TemplateFiles>>
  readonly developers: readonly { readonly name: string; readonly index: number }[]
  readonly ranges: PortRanges
  /** Ports that are nobody's to have: the yard's own, and what other programs listen on. */
  readonly holders: PortHolders
}

/** What every developer has a port of from the first day; an httpserver of their own comes by the operator's hand. */
const KINDS = ['socketserver', 'dtserver', 'redis'] as const

/** Sections come and go with developers. Throws `PORT_TAKEN` when a range is full, `VALUES_INVALID` for a file that is none. */
export function planSections({ files, branches = {}, developers, ranges, holders }: SectionsWanted): SectionsPlan {
  const names = new Set(developers.map(({ name }) => name))
  const present = sectionsOf(files)
  const kept = removeDevelopers(
    files,
    [...present].filter((name) => !names.has(name)),
  )
  const missing = developers.filter(({ name }) => name !== MASTER && !present.has(name))
  if (missing.length === 0) return { files: kept, assigned: [] }

  const taken = new Map(holders)
  for (const { template, developer, port } of readListens(kept)) taken.set(port, `${template} of ${developer}`)
  for (const [developer, own] of Object.entries(branches)) {
    for (const text of Object.values(own)) {
      // Any number will do that could be a port: one too many is passed over.
      for (const [number] of (sectionText(text, developer) ?? '').matchAll(/\b\d{2,5}\b/g)) {
        if (!taken.has(Number(number))) taken.set(Number(number), `a branch of ${developer}`)
      }
    }
  }
  const assigned: AssignedPort[] = []
  const added = new Map<string, OwnPorts>()
  for (const { name: developer, index } of missing) {
    const ports = KINDS.map((kind) => {
      const port = assignPort(kind, ranges[kind], index, taken)
      taken.set(port, `${kind} of ${developer}`)
      assigned.push({ developer, kind, port })
      return [kind, port] as const
    })
    added.set(developer, Object.fromEntries(ports) as OwnPorts)
  }
  return { files: addDevelopers(kept, added), assigned }
}

/** A new yard's templates with master's ports. */
export function withMasterPorts(files: TemplateFiles, ports: PortPlan): TemplateFiles {
  const servers = SERVERS.reduce((edited, server) => withListen(edited, server, MASTER, ports.server(server, 0)), files)
  return withListen(servers, 'redis', MASTER, ports.redis(0))
}

/** The developers who have a section in any values file: its keys at the margin. */
export function sectionsOf(files: TemplateFiles): ReadonlySet<string> {
  return new Set(
    Object.entries(files)
      .filter(([name]) => name.endsWith('.values.yaml'))
      .flatMap(([, text]) => [...text.matchAll(/^["']?([a-z][a-z0-9-]*)["']?\s*:/gm)].map((match) => match[1]!))
      .filter((name) => name !== MASTER),
  )
}
