// How imports of a pushed script are found: in its own files, in the common library, or in node, and nowhere else
// on the machine.
import { readFile, stat } from 'node:fs/promises'
import { builtinModules } from 'node:module'
import { join, posix } from 'node:path'
import type { Loader, OnResolveArgs, OnResolveResult, Plugin } from 'esbuild'
import { COMMON } from '../../servers/contract/names.ts'
import { didYouMean } from '../../servers/contract/nearest.ts'
import { listModules } from './common-modules.ts'
import { hasPatternImport } from './find-patterns.ts'

/**
 * Not esbuild's `file` namespace: there, esbuild itself would look for package.json and tsconfig.json, in the release and
 * above it. In this one it reads what `onLoad` hands it. Paths are relative to the release.
 */
export const NAMESPACE = 'release'

/** The same for files of the common library. */
export const COMMON_NAMESPACE = 'common'

const LOADERS: Readonly<Record<string, Loader>> = {
  '.ts': 'ts',
  '.mts': 'ts',
  '.cts': 'ts',
  '.tsx': 'tsx',
  '.js': 'js',
  '.mjs': 'js',
  '.cjs': 'js',
  '.jsx': 'jsx',
  '.json': 'json',
}

/** What may be left out of an import's path, in the order in which it is tried. */
const SUFFIXES = ['', '.ts', '.tsx', '.js', '.json', '/index.ts', '/index.tsx', '/index.js']

const BUILTINS = new Set(builtinModules)

/**
 * A comment that names a source map. esbuild reads the file it names, also by a `file:` URL, and shows its text in maps and
 * errors. The comment is made an ordinary one of the same length; sources are never mapped further than to the commit.
 */
const SOURCE_MAP_COMMENT = /(\/[/*][#@] sourceMappingURL)=/g

const PATTERN_HINT = 'write import("./name.ts") with the whole path in quotes'

/** Where imports lead. Both hold plain files and folders only; exportTree has refused links. */
export interface SourceFolders {
  /** The commit's own files; null when the common library itself is built. */
  readonly release: string | null
  /** The common library's files; null when this commit is built without it. */
  readonly common: string | null
}

export function resolveInside(folders: SourceFolders): Plugin {
  const { release, common } = folders
  return {
    name: 'edgeyard',
    setup(build) {
      build.onResolve({ filter: /.*/ }, (args) => resolve(folders, args))
      for (const [namespace, folder] of [[NAMESPACE, release] as const, [COMMON_NAMESPACE, common] as const]) {
        if (folder === null) continue
        build.onLoad({ filter: /.*/, namespace }, async ({ path }) => {
          const text = await readFile(join(folder, path), 'utf8')
          const loader = LOADERS[posix.extname(path)] ?? 'default'
          if (loader !== 'json' && (await hasPatternImport(build.esbuild, text, loader))) {
            const file = namespace === COMMON_NAMESPACE ? `${COMMON}/${path}` : path
            return refuse(`Cannot import by a pattern in ${file}: every imported file must be named`, PATTERN_HINT)
          }
          return { contents: text.replace(SOURCE_MAP_COMMENT, '$1:'), loader }
        })
      }
      // esbuild would give anything else to its own loaders, which read the machine's files.
      build.onLoad({ filter: /.*/ }, ({ path }) => ({ errors: [{ text: `Cannot load "${path}"` }] }))
    },
  }
}

async function resolve(folders: SourceFolders, args: OnResolveArgs): Promise<OnResolveResult> {
  const { path, kind, importer, namespace } = args
  if (kind === 'entry-point') {
    return { path: posix.normalize(path), namespace: folders.release === null ? COMMON_NAMESPACE : NAMESPACE }
  }
  const builtin = path.startsWith('node:') ? path.slice('node:'.length) : path
  if (BUILTINS.has(builtin)) return { path: `node:${builtin}`, external: true }
  if (path.startsWith('node:')) return refuse(`Cannot find "${path}": node has no such module`)
  if (path === 'edgeyard') {
    return refuse(
      'Cannot import a value from "edgeyard": it has types only',
      `write "import type { … } from 'edgeyard'"`,
    )
  }
  if (path === COMMON || path.startsWith(`${COMMON}/`)) return await resolveCommon(folders.common, path)
  const inCommon = namespace === COMMON_NAMESPACE
  const where = inCommon ? 'the common library' : 'this repository'
  if (posix.isAbsolute(path) || /^[a-z][a-z0-9+.-]+:/i.test(path)) {
    return refuse(
      `Cannot import "${path}": only files of ${where} can be imported`,
      'write a path that begins with "./"',
    )
  }
  if (!/^\.\.?(\/|$)/.test(path)) {
    return refuse(
      `Cannot find package "${path}": nothing is installed on the yard`,
      `copy what you need into ${inCommon ? 'it' : 'src/'}, or write "./" before the path of your own file`,
    )
  }
  const folder = inCommon ? folders.common : folders.release
  const target = posix.join(posix.dirname(importer), path)
  if (folder === null || leadsOut(target)) return refuse(`Cannot import "${path}": it lies outside of ${where}`)
  return (
    (await findFile(folder, target, { path, namespace })) ??
    refuse(`Cannot find "${path}"`, `there is no ${target} in this commit, with or without .ts, .tsx, .js or .json`)
  )
}

/** `common/NAME`: a file of the common library, and of nothing else. */
async function resolveCommon(folder: string | null, path: string): Promise<OnResolveResult> {
  if (folder === null) {
    return refuse(
      `Cannot import "${path}": this commit is built without the common library`,
      `write the path plainly, as "${COMMON}/NAME" in quotes; if you did, the yard has no common library yet`,
    )
  }
  const target = posix.normalize(path.slice(COMMON.length + 1))
  if (leadsOut(target)) return refuse(`Cannot import "${path}": it lies outside of the common library`)
  const found = await findFile(folder, target, { path, namespace: COMMON_NAMESPACE })
  if (found !== undefined) return found
  const names = [...(await listModules(folder)).keys()].map((name) => `${COMMON}/${name}`)
  const listed = names.slice(0, MODULES_SHOWN_MAX).join(', ') + (names.length > MODULES_SHOWN_MAX ? ', …' : '')
  return refuse(
    `Cannot find "${path}": the common library has ${listed === '' ? 'no modules' : listed}`,
    didYouMean(path, names),
  )
}

/** More names than that are not read in an error; the documentation lists them all. */
const MODULES_SHOWN_MAX = 20

function leadsOut(target: string): boolean {
  return target === '..' || target.startsWith('../') || posix.isAbsolute(target)
}

async function findFile(
  folder: string,
  target: string,
  { path, namespace }: { path: string; namespace: string },
): Promise<OnResolveResult | undefined> {
  // TypeScript's own habit: "./rooms.js" is how the file rooms.ts is named in an import.
  const typescript = target.replace(/\.([cm]?)js$/, '.$1ts')
  const candidates = [...SUFFIXES.map((suffix) => target.replace(/\/$/, '') + suffix), typescript]
  for (const candidate of candidates) {
    if (!(await isFile(join(folder, candidate)))) continue
    if (posix.extname(candidate) in LOADERS) return { path: candidate, namespace }
    return refuse(`Cannot import "${path}": only ${Object.keys(LOADERS).join(', ')} files can be imported`)
  }
  return undefined
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile()
  } catch {
    // A name that no file can have is a file that is not there.
    return false
  }
}

/** `detail` comes back with the message, beside the place of the import that esbuild knows. */
function refuse(text: string, hint?: string): { errors: { text: string; detail: string | undefined }[] } {
  return { errors: [{ text, detail: hint }] }
}
