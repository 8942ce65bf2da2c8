// How imports of a pushed script are found: in its own files, or in node, and nowhere else on the machine.
import { readFile, stat } from 'node:fs/promises'
import { builtinModules } from 'node:module'
import { join, posix } from 'node:path'
import type { Loader, OnResolveArgs, OnResolveResult, Plugin } from 'esbuild'
import { hasPatternImport } from './find-patterns.ts'

/**
 * Not esbuild's `file` namespace: there, esbuild itself would look for package.json and tsconfig.json, in the release and
 * above it. In this one it reads what `onLoad` hands it. Paths are relative to the release.
 */
export const NAMESPACE = 'release'

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

/** `folder` holds plain files and folders only; exportTree has refused links. */
export function resolveInside(folder: string): Plugin {
  return {
    name: 'edgeyard',
    setup(build) {
      build.onResolve({ filter: /.*/ }, (args) => resolve(folder, args))
      build.onLoad({ filter: /.*/, namespace: NAMESPACE }, async ({ path }) => {
        const text = await readFile(join(folder, path), 'utf8')
        const loader = LOADERS[posix.extname(path)] ?? 'default'
        if (loader !== 'json' && (await hasPatternImport(build.esbuild, text, loader))) {
          return refuse(`Cannot import by a pattern in ${path}: every imported file must be named`, PATTERN_HINT)
        }
        return { contents: text.replace(SOURCE_MAP_COMMENT, '$1:'), loader }
      })
      // esbuild would give anything else to its own loaders, which read the machine's files.
      build.onLoad({ filter: /.*/ }, ({ path }) => ({ errors: [{ text: `Cannot load "${path}"` }] }))
    },
  }
}

async function resolve(folder: string, args: OnResolveArgs): Promise<OnResolveResult> {
  const { path, kind, importer } = args
  if (kind === 'entry-point') return { path: posix.normalize(path), namespace: NAMESPACE }
  const builtin = path.startsWith('node:') ? path.slice('node:'.length) : path
  if (BUILTINS.has(builtin)) return { path: `node:${builtin}`, external: true }
  if (path.startsWith('node:')) return refuse(`Cannot find "${path}": node has no such module`)
  if (path === 'edgeyard') {
    return refuse(
      'Cannot import a value from "edgeyard": it has types only',
      `write "import type { … } from 'edgeyard'"`,
    )
  }
  if (posix.isAbsolute(path) || /^[a-z][a-z0-9+.-]+:/i.test(path)) {
    return refuse(
      `Cannot import "${path}": only files of this repository can be imported`,
      'write a path that begins with "./"',
    )
  }
  if (!/^\.\.?(\/|$)/.test(path)) {
    return refuse(
      `Cannot find package "${path}": nothing is installed on the yard`,
      'copy what you need into src/, or write "./" before the path of your own file',
    )
  }
  return await resolveRelative(folder, posix.join(posix.dirname(importer), path), path)
}

async function resolveRelative(folder: string, target: string, path: string): Promise<OnResolveResult> {
  if (target === '..' || target.startsWith('../')) {
    return refuse(`Cannot import "${path}": it lies outside of this repository`)
  }
  // TypeScript's own habit: "./rooms.js" is how the file rooms.ts is named in an import.
  const typescript = target.replace(/\.([cm]?)js$/, '.$1ts')
  const candidates = [...SUFFIXES.map((suffix) => target.replace(/\/$/, '') + suffix), typescript]
  for (const candidate of candidates) {
    if (!(await isFile(join(folder, candidate)))) continue
    if (posix.extname(candidate) in LOADERS) return { path: candidate, namespace: NAMESPACE }
    return refuse(`Cannot import "${path}": only ${Object.keys(LOADERS).join(', ')} files can be imported`)
  }
  return refuse(
    `Cannot find "${path}"`,
    `there is no ${target} in this commit, with or without .ts, .tsx, .js or .json`,
  )
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
