// Changes that the yard itself makes to values files: a developer comes or goes, a port moves. Comments and order stay;
// spacing becomes the YAML library's, which the seed files have already.
import { type Document, isMap, parseDocument } from 'yaml'
import { EdgeyardError } from '../servers/contract/errors.ts'
import { MASTER } from '../servers/contract/names.ts'
import { TEMPLATES, type TemplateFiles, type TemplateName } from './render.ts'
import { LISTEN } from './resolve-values.ts'

/** The templates of which every developer has a service of their own. */
const OWN = ['socketserver', 'dtserver', 'redis'] as const

/** Gives a developer a section with their ports; one that is there already keeps its other keys. Throws VALUES_INVALID. */
export function addDeveloper(
  files: TemplateFiles,
  developer: string,
  listen: Readonly<Record<(typeof OWN)[number], number>>,
): TemplateFiles {
  return OWN.reduce((edited, template) => withListen(edited, template, developer, listen[template]), files)
}

/** Takes a developer's sections out of every values file. Throws VALUES_INVALID. */
export function removeDeveloper(files: TemplateFiles, developer: string): TemplateFiles {
  if (developer === MASTER)
    throw new EdgeyardError('VALUES_INVALID', `Cannot remove the section "${MASTER}": all others stand on it`)
  return TEMPLATES.reduce((edited, template) => {
    return edit(edited, template, (document) => document.delete(developer))
  }, files)
}

/** Sets a developer's port, or master's. A section that is not there is added. Throws VALUES_INVALID. */
export function withListen(
  files: TemplateFiles,
  template: TemplateName,
  developer: string,
  port: number,
): TemplateFiles {
  return edit(files, template, (document) => {
    const section = document.get(developer)
    if (isMap(section)) {
      if (section.get(LISTEN) === port) return false
      section.set(LISTEN, port)
    } else {
      document.set(developer, document.createNode({ [LISTEN]: port }, { flow: true }))
    }
    return true
  })
}

/** `change` says whether it changed anything: a file that stays the same stays the same to the byte. */
function edit(files: TemplateFiles, template: TemplateName, change: (document: Document) => boolean): TemplateFiles {
  const name = `${template}.values.yaml`
  const text = Object.hasOwn(files, name) ? files[name] : undefined
  const document = parseDocument(text ?? '', { version: '1.2', schema: 'core' })
  if (document.errors.length > 0 || !isMap(document.contents)) {
    throw new EdgeyardError(
      'VALUES_INVALID',
      `Cannot change ${name}: ${document.errors[0]?.message ?? 'it has no sections'}`,
    )
  }
  return change(document) ? { ...files, [name]: document.toString({ lineWidth: 0 }) } : files
}
