// What a new serverctrl begins with: this room's own templates and values.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { TEMPLATES, type TemplateFiles } from './render.ts'

/** `projectRoot` is edgeyard's own folder: the files are those of the source tree, the compiler does not copy them. */
export async function readSeed(projectRoot: string): Promise<TemplateFiles> {
  const names = TEMPLATES.flatMap((name) => [`${name}.conf.hbs`, `${name}.values.yaml`])
  const texts = names.map(async (name) => [name, await readFile(join(projectRoot, 'templates', name), 'utf8')] as const)
  return Object.fromEntries(await Promise.all(texts))
}
