// A block's conf, script and files as a sandbox on disk.
import { transformSync } from 'esbuild'
import { builtPath } from '../../contract/release.ts'
import { createSandboxFolder, type SandboxFolder, testConf } from '../sandbox-folder.ts'
import { createCertificate } from './certificate.ts'
import type { Block, Section } from './parse-blocks.ts'

/** Longer than a server that serves goes on without a look at its script (`code_cache`). */
const SEEN_MS = 5

export async function createBlockSandbox({ sections }: Block, engine: 'uws' | 'node'): Promise<SandboxFolder> {
  const textsOf = (name: string) => sections.filter((section) => section.name === name).map(({ text }) => text)
  const files: Record<string, string> = {}
  for (const section of sections) {
    if (section.name === 'file') files[section.args] = `${section.text}\n`
    if (section.name === 'script') Object.assign(files, builtFiles(section))
    if (section.name === 'certificate') Object.assign(files, await createCertificate())
  }
  const [server] = textsOf('conf')
  const edge = textsOf('edge')
  const content = {
    main: textsOf('main').join('\n').replaceAll('<engine>', engine),
    edge: [...(edge.some((text) => /^engine /m.test(text)) ? [] : [`engine ${engine};`]), ...edge].join('\n'),
    ...(server === undefined ? {} : { server }),
  }
  const sandbox = await createSandboxFolder({ ...content, files })
  await sandbox.write('conf/server.conf', withPrefix(testConf(content), sandbox))
  return sandbox
}

/** The path of a Unix socket has to be a whole one. */
export function withPrefix(text: string, { prefix }: Pick<SandboxFolder, 'prefix'>): string {
  return text.replaceAll('<prefix>', prefix)
}

/** Of an `edit` section: a script is built as a push builds it, its module last; any other file is written as it stands. */
export async function edit(sandbox: SandboxFolder, section: Section): Promise<void> {
  const isScript = section.args === '' || /\.[cm]?ts$/.test(section.args)
  const files = isScript ? builtFiles(section) : { [section.args]: `${section.text}\n` }
  for (const [file, text] of Object.entries(files)) await sandbox.write(file, withPrefix(text, sandbox))
  await new Promise((resolve) => setTimeout(resolve, SEEN_MS))
}

/** As a push builds them: types are taken off, lines are mapped. */
function builtFiles({ args, text: source }: Section): Record<string, string> {
  const file = args || 'src/main.ts'
  const built = builtPath(file)
  const depth = '../'.repeat(built.split('/').length - 1)
  const { code, map } = transformSync(source, {
    loader: 'ts',
    format: 'cjs',
    target: 'node20',
    sourcemap: 'external',
    sourcefile: `${depth}${file}`,
  })
  const name = built.slice(built.lastIndexOf('/') + 1)
  return { [file]: source, [`${built}.map`]: map, [built]: `${code}//# sourceMappingURL=${name}.map\n` }
}
