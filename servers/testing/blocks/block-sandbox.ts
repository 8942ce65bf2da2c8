// A block's conf, script and files as a sandbox on disk.
import { transformSync } from 'esbuild'
import { builtPath } from '../../contract/release.ts'
import { createSandboxFolder, type SandboxFolder } from '../sandbox-folder.ts'
import type { Block } from './parse-blocks.ts'

export function createBlockSandbox({ sections }: Block, engine: 'uws' | 'node'): Promise<SandboxFolder> {
  const textsOf = (name: string) => sections.filter((section) => section.name === name).map(({ text }) => text)
  const files: Record<string, string> = {}
  for (const { name, args, text } of sections) {
    if (name === 'file') files[args] = `${text}\n`
    if (name === 'script') Object.assign(files, builtFiles(args || 'src/main.ts', text))
  }
  const [server] = textsOf('conf')
  return createSandboxFolder({
    main: textsOf('main').join('\n'),
    edge: [`engine ${engine};`, ...textsOf('edge')].join('\n'),
    ...(server === undefined ? {} : { server }),
    files,
  })
}

/** As a push builds them: types are taken off, lines are mapped. */
function builtFiles(file: string, source: string): Record<string, string> {
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
  return { [built]: `${code}//# sourceMappingURL=${name}.map\n`, [`${built}.map`]: map, [file]: source }
}
