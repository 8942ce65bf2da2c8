// Changes that the yard itself makes to values files: a developer comes or goes, a port moves. Comments and order stay;
// spacing becomes the YAML library's, which the seed files have already.
import { type Document, isMap, isScalar, parseDocument, type Scalar, type YAMLMap } from 'yaml'
import { EdgeyardError } from '../servers/contract/errors.ts'
import { MASTER } from '../servers/contract/names.ts'
import { TEMPLATES, type TemplateFiles, type TemplateName } from './render.ts'
import { LISTEN } from './resolve-values.ts'

/** The templates of which every developer has a service of their own. */
const OWN = ['socketserver', 'dtserver', 'redis'] as const

/** A developer's ports, one for each service of their own. */
export type OwnPorts = Readonly<Record<(typeof OWN)[number], number>>

/** Gives developers a section with their ports; one that is there already keeps its other keys. Throws VALUES_INVALID. */
export function addDevelopers(files: TemplateFiles, added: ReadonlyMap<string, OwnPorts>): TemplateFiles {
  return OWN.reduce(
    (edited, template) =>
      edit(edited, template, (document) => {
        const changes = [...added].map(([developer, ports]) => setListen(document, developer, ports[template]))
        return changes.includes(true)
      }),
    files,
  )
}

/** Takes developers' sections out of every values file. Throws VALUES_INVALID. */
export function removeDevelopers(files: TemplateFiles, developers: readonly string[]): TemplateFiles {
  if (developers.includes(MASTER))
    throw new EdgeyardError('VALUES_INVALID', `Cannot remove the section "${MASTER}": all others stand on it`)
  if (developers.length === 0) return files
  return TEMPLATES.reduce((edited, template) => {
    return edit(edited, template, (document) =>
      developers.map((developer) => document.delete(developer)).includes(true),
    )
  }, files)
}

/** Gives a developer's sections another name, where they are. A file that cannot be read stays as it is. */
export function renameSection(files: TemplateFiles, from: string, to: string): TemplateFiles {
  return TEMPLATES.reduce((edited, template) => {
    try {
      return edit(edited, template, (document) => {
        const pair = (document.contents as unknown as YAMLMap).items.find(
          ({ key }) => isScalar(key) && key.value === from,
        )
        if (pair === undefined || document.has(to)) return false
        ;(pair.key as Scalar).value = to
        return true
      })
    } catch {
      return edited
    }
  }, files)
}

/** Every port that a section says, in the order of the files: `template` and `developer` have it. Throws VALUES_INVALID. */
export function readListens(
  files: TemplateFiles,
  templates: readonly TemplateName[] = TEMPLATES,
): { template: TemplateName; developer: string; port: number }[] {
  return templates.flatMap((template) =>
    Object.entries(parse(files, template).toJS() as Record<string, Record<string, unknown> | null>).flatMap(
      ([developer, section]) => {
        const port = section?.[LISTEN]
        return typeof port === 'number' ? [{ template, developer, port }] : []
      },
    ),
  )
}

/** Sets a developer's port, or master's. A section that is not there is added. Throws VALUES_INVALID. */
export function withListen(
  files: TemplateFiles,
  template: TemplateName,
  developer: string,
  port: number,
): TemplateFiles {
  return edit(files, template, (document) => setListen(document, developer, port))
}

function setListen(document: Document, developer: string, port: number): boolean {
  const section = document.get(developer)
  if (isMap(section)) {
    if (section.get(LISTEN) === port) return false
    section.set(LISTEN, port)
  } else {
    document.set(developer, document.createNode({ [LISTEN]: port }, { flow: true }))
  }
  return true
}

/** `change` says whether it changed anything: a file that stays the same stays the same to the byte. */
function edit(files: TemplateFiles, template: TemplateName, change: (document: Document) => boolean): TemplateFiles {
  const document = parse(files, template)
  return change(document) ? { ...files, [fileOf(template)]: document.toString({ lineWidth: 0 }) } : files
}

const fileOf = (template: TemplateName) => `${template}.values.yaml`

function parse(files: TemplateFiles, template: TemplateName): Document {
  const name = fileOf(template)
  const text = Object.hasOwn(files, name) ? files[name] : undefined
  const document = parseDocument(text ?? '', { version: '1.2', schema: 'core' })
  if (document.errors.length > 0 || !isMap(document.contents)) {
    throw new EdgeyardError(
      'VALUES_INVALID',
      `Cannot change ${name}: ${document.errors[0]?.message ?? 'it has no sections'}`,
    )
  }
  return document
}
