// How imports of a pushed script are found: in its own files, or in node, and nowhere else on the machine.
import { readFile, stat } from 'node:fs/promises'
import { builtinModules } from 'node:module'
import { join, posix } from 'node:path'
import type { Loader, OnResolveArgs, OnResolveResult, Plugin } from 'esbuild'

/**
 * Not esbuild's `file` namespace: there, esbuild itself would look for package.json, tsconfig.json and the source maps that
 * comments name, anywhere on the machine. In this one it reads nothing but what `onLoad` hands it. Paths are relative to the
 * release.
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

/** `folder` holds plain files and folders only; exportTree has refused links. */
export function resolveInside(folder: string): Plugin {
  return {
    name: 'edgeyard',
    setup(build) {
      build.onResolve({ filter: /.*/ }, (args) => resolve(folder, args))
      build.onLoad({ filter: /.*/, namespace: NAMESPACE }, async ({ path }) => ({
        contents: await readFile(join(folder, path)),
        loader: LOADERS[posix.extname(path)] ?? 'default',
      }))
      // esbuild would give anything else to its own loaders, which read the machine's files.
      build.onLoad({ filter: /.*/ }, ({ path }) => ({ errors: [{ text: `Cannot load "${path}"` }] }))
    },
  }
}

async function resolve(folder: string, args: OnResolveArgs): Promise<OnResolveResult> {
  const { path, kind, importer } = args
  if (kind === 'entry-point') return { path, namespace: NAMESPACE }
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
function refuse(text: string, hint?: string): OnResolveResult {
  return { errors: [{ text, detail: hint }] }
}
