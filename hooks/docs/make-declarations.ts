// The common library's types as `.d.ts` files, by TypeScript's own compiler: it infers what is not written, and keeps doc
// comments. A third of a second, and only when the library has moved; nobody who pushes a script waits for it.
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative, sep } from 'node:path'
import { confine } from '../../devenv/exec/confine.ts'
import { probeIsolation } from '../../devenv/exec/probe-isolation.ts'
import { runCommand } from '../../devenv/exec/run-command.ts'
import { COMMON } from '../../servers/contract/names.ts'
import { listModules } from '../build/common-modules.ts'

/** A library of hundreds of modules takes some seconds. */
const COMPILE_DEADLINE_MS = 60_000
/** Lines of the compiler that are told. */
const WARNINGS_MAX = 10

export interface Declarations {
  /** By path in the library: `backoff.d.ts`, `geo/index.d.ts`. */
  readonly files: ReadonlyMap<string, string>
  /** What the compiler found wrong. Declarations are made all the same. */
  readonly warnings: readonly string[]
}

/** `tree`: the library's files. The compiler sees these, the types of scripts and of Node, and nothing else of the machine. */
export async function makeDeclarations(tree: string, { projectRoot }: { projectRoot: string }): Promise<Declarations> {
  const modules = [...(await listModules(tree)).values()]
  if (modules.length === 0) return { files: new Map(), warnings: [] }
  const folder = await mkdtemp(join(tmpdir(), 'edgeyard-types-'))
  const out = join(folder, 'out')
  try {
    await mkdir(out)
    const config = join(folder, 'tsconfig.json')
    const script = join(folder, 'edgeyard.d.ts')
    // As declarations: a source of the compiler's own would have to lie in the tree.
    await copyFile(join(projectRoot, 'servers/contract/script.ts'), script)
    await writeFile(config, JSON.stringify(configOf({ tree, out, projectRoot, script, modules })))
    const asRoot = process.getuid?.() === 0
    const compiler = join(projectRoot, 'node_modules/typescript/bin/tsc')
    const command = confine(
      { file: process.execPath, args: [compiler, '-p', config, '--pretty', 'false'], cwd: tree },
      {
        isolation: await probeIsolation({ asRoot }),
        uid: null,
        readOnly: [join(projectRoot, 'node_modules'), tree, config, script],
        readWrite: [out],
      },
    )
    const { exitCode, stdout, stderr, timedOut } = await runCommand(command, { timeoutMs: COMPILE_DEADLINE_MS })
    const said = stdout
      .toString('utf8')
      .split('\n')
      .filter((line) => /^\S.*\(\d+,\d+\): /.test(line))
    const failed = timedOut ? 'its time was up' : exitCode !== 0 && said.length === 0 ? stderr.trim() : ''
    return {
      files: await readDeclarations(out),
      warnings: [...(failed === '' ? [] : [`the compiler failed: ${failed}`]), ...said.map(placeOf)].slice(
        0,
        WARNINGS_MAX,
      ),
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

function configOf({
  tree,
  out,
  projectRoot,
  script,
  modules,
}: Record<'tree' | 'out' | 'projectRoot' | 'script', string> & { modules: string[] }) {
  return {
    compilerOptions: {
      ...{ target: 'es2023', lib: ['es2023', 'dom', 'dom.iterable'], module: 'esnext', moduleResolution: 'bundler' },
      ...{ types: ['node'], typeRoots: [join(projectRoot, 'node_modules/@types')] },
      ...{ strict: true, noUncheckedIndexedAccess: true, verbatimModuleSyntax: true, allowImportingTsExtensions: true },
      ...{ skipLibCheck: true, allowJs: true, resolveJsonModule: true, jsx: 'preserve' },
      ...{ declaration: true, emitDeclarationOnly: true, stripInternal: true, rootDir: tree, outDir: out },
      paths: { edgeyard: [script], [`${COMMON}/*`]: [join(tree, '*')] },
    },
    files: modules.map((file) => join(tree, file)),
  }
}

async function readDeclarations(folder: string): Promise<Map<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const paths = entries
    .filter((entry) => entry.isFile() && /\.d\.[cm]?ts$/.test(entry.name))
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .sort()
  const texts = await Promise.all(paths.map((path) => readFile(join(folder, path), 'utf8')))
  return new Map(paths.map((path, index) => [path.split(sep).join('/'), texts[index]!]))
}

/** `backoff.ts(3,5): error TS2322: …` → `common/backoff.ts:3:5: …`. */
function placeOf(line: string): string {
  return line.replace(/^(.*?)\((\d+),(\d+)\): (?:error TS\d+: )?/, `${COMMON}/$1:$2:$3: `)
}
