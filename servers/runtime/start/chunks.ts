// The pieces of the bundled program: each is loaded when it is first required, from V8's code cache where that fits.
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Script } from 'node:vm'

/** Made by the build, beside the chunks: a hash of them all. A cache of other code must never be taken for this code's. */
const BUILD_FILE = 'build-id'
const CACHE_FOLDER = 'cache'

/** What a file name may have. */
const NAME_LENGTH_MAX = 200

const WRAPPER = ['(function (exports, require, module, __filename, __dirname, importMeta) { ', '\n})'] as const

/** What `import.meta` is to a source that was bundled. */
interface ImportMeta {
  /** The URL of what the compiler made of `source`, a path relative to the project: it is there, too. */
  url(source: string): string
  /** A file URL inside the installed package. */
  resolve(name: string): string
}

export interface Chunks {
  /** The exports of a chunk, or of anything else that can be required from here. */
  load(name: string): unknown
}

/**
 * Chunks of `folder`. V8 says itself whether a cache is for its version, its flags and this processor; one that is not is left alone
 * and the code compiled. When the process ends, the code that had no cache gets one, if `folder` may be written.
 */
export function createChunks(folder: string): Chunks {
  const loaded = new Map<string, { exports: unknown }>()
  const compiled: { name: string; script: Script }[] = []
  const requireOther = createRequire(join(folder, 'main.cjs'))
  const cache = join(folder, CACHE_FOLDER, cacheName(readBuildId(folder)))
  const importMeta: ImportMeta = {
    url: (source) => pathToFileURL(join(folder, '..', source)).href,
    resolve(name) {
      const found = requireOther.resolve.paths(name)!.find((modules) => existsSync(join(modules, name, 'package.json')))
      if (found === undefined) throw new Error(`Cannot find the package ${name}`)
      return pathToFileURL(join(found, name, 'package.json')).href
    },
  }
  const load = (name: string): unknown => {
    if (!name.startsWith('./')) return requireOther(name)
    const before = loaded.get(name)
    if (before !== undefined) return before.exports
    const module = { exports: {} as unknown }
    loaded.set(name, module)
    const file = join(folder, name)
    try {
      const run = compile(file, name).runInThisContext() as (...args: unknown[]) => void
      run.call(module.exports, module.exports, load, module, file, folder, importMeta)
    } catch (error) {
      // There were no file descriptors left, say: who needs it next finds it whole, or not at all.
      loaded.delete(name)
      throw error
    }
    return module.exports
  }
  const compile = (file: string, name: string): Script => {
    // The build writes nothing but ASCII, which V8 keeps as one byte a character.
    const source = WRAPPER[0] + readFileSync(file, 'latin1') + WRAPPER[1]
    const cachedData = readCache(join(cache, name))
    const script = new Script(source, {
      filename: file,
      columnOffset: -WRAPPER[0].length,
      ...(cachedData === undefined ? {} : { cachedData }),
    })
    if (cachedData === undefined || script.cachedDataRejected) compiled.push({ name, script })
    return script
  }
  process.once('exit', () => {
    // At the end, when what is needed has been compiled and nobody waits.
    for (const { name, script } of compiled) writeCache(join(cache, name), cache, script)
  })
  return { load }
}

/** Another Node, and other flags, have other code. A guess: V8 has the last word, but asking it for its own would load much. */
function cacheName(build: string): string {
  const words = [build, process.version, process.arch, ...process.execArgv, process.env.NODE_OPTIONS ?? '']
  return words
    .join(' ')
    .trim()
    .replace(/[^\w.=-]+/g, '_')
    .slice(0, NAME_LENGTH_MAX)
}

function readBuildId(folder: string): string {
  return readFileSync(join(folder, BUILD_FILE), 'latin1').trim()
}

function readCache(file: string): Buffer | undefined {
  try {
    return readFileSync(file)
  } catch {
    // There is none, or none that we may read: the code is compiled.
    return undefined
  }
}

function writeCache(file: string, folder: string, script: Script): void {
  try {
    mkdirSync(folder, { recursive: true })
    // Whole or not at all: several servers may end at once.
    const aside = `${file}.${process.pid}`
    writeFileSync(aside, script.createCachedData(), { mode: 0o644 })
    renameSync(aside, file)
  } catch {
    // A folder that is read-only or somebody else's: the next start compiles again.
  }
}
