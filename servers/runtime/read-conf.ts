// The conf of a sandbox, read from disk: parsed, and its scripts and folders found in the release.
import { readFileSync, realpathSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Conf } from '../contract/conf/conf.ts'
import { parseConf } from '../contract/conf/parse-conf.ts'
import { type Diagnostic, locate } from '../contract/diagnostic.ts'
import { sharesPort } from '../contract/engine.ts'
import { EdgeyardError, messageOf } from '../contract/errors.ts'
import { builtPath } from '../contract/release.ts'
import type { Place } from './command-line.ts'
import { type IncludedFile, includeFiles } from './include-files.ts'

export interface ReadConf {
  readonly conf: Conf
  /** The conf itself, and behind it each file that it includes, once. */
  readonly files: readonly IncludedFile[]
  /** The release's folder, absolute, without links: what `script` and `root` are relative to. */
  readonly release: string
}

/** A conf without a look at the release. */
export type ConfAlone = Pick<ReadConf, 'conf' | 'files'>

/** Throws CONF_UNREADABLE, or CONF_INVALID with every diagnostic. `alone`: when it was read a moment ago. */
export function readConf(place: Place, alone: ConfAlone = readConfAlone(place)): ReadConf {
  const { conf, files } = alone
  const release = releaseFolder(place)
  const diagnostics = missingFiles(conf, files, release)
  requireSharedPort(conf)
  if (diagnostics.length > 0) {
    throw new EdgeyardError('CONF_INVALID', 'The conf names files that the release lacks', { diagnostics })
  }
  return { conf, files, release }
}

function requireSharedPort({ engine, workerProcesses }: Conf): void {
  if (workerProcesses === 1 || sharesPort(engine)) return
  const what = `worker_processes ${workerProcesses} cannot share a port on the engine "${engine}" of Node ${process.versions.node}`
  throw new EdgeyardError('CONF_INVALID', `${what}: use the engine uws, one process, or Node 22.12 or later`)
}

/** The conf without a look at the release, for what only needs to know where the pid file is. */
export function readConfAlone({ conf: file }: Pick<Place, 'conf'>): ConfAlone {
  const text = readText(file)
  const files = new Map([[file, { file, text }]])
  const include = (pattern: string) => {
    const found = includeFiles(pattern, file)
    for (const each of found) files.set(each.file, each)
    return found
  }
  return { conf: parseConf(text, { file, include }), files: [...files.values()] }
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new EdgeyardError('CONF_UNREADABLE', `Cannot read the conf "${file}": ${messageOf(error)}`, { cause: error })
  }
}

/** `<prefix>/src` is a link to `<release>/src` in a sandbox, and a plain folder where somebody tries things by hand. */
function releaseFolder({ prefix, release }: Place): string {
  if (release !== undefined) return realpath(release)
  const src = realpath(join(prefix, 'src'))
  return src === join(prefix, 'src') ? realpath(prefix) : dirname(src)
}

function realpath(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    // A conf may serve nothing but `return`: what is missing is said where it is needed.
    return path
  }
}

function missingFiles(conf: Conf, texts: readonly IncludedFile[], release: string): Diagnostic[] {
  const diagnostics = new Map<string, Diagnostic>()
  for (const { match, handler, files, tryFiles } of conf.servers.flatMap((server) => server.locations)) {
    if (handler.kind === 'script' && !isA('file', join(release, builtPath(handler.file)))) {
      const message = `The release has no script "${handler.file}" (looked for its build, ${builtPath(handler.file)})`
      diagnostics.set(`script ${handler.file}`, placed(texts, 'script', handler.file, message))
    }
    const { folder } = files
    const isUsed = handler.kind === 'files' || tryFiles !== undefined
    if (folder === undefined || !isUsed) continue
    // `location = /favicon.ico { alias public/icon.ico; }`
    const isOneFile = match === 'exact' && folder.kind === 'alias' && isA('file', join(release, folder.dir))
    if (!isOneFile && !isA('folder', join(release, folder.dir))) {
      const message = `The release has no folder "${folder.dir}"`
      diagnostics.set(`${folder.kind} ${folder.dir}`, placed(texts, folder.kind, folder.dir, message))
    }
  }
  return [...diagnostics.values()]
}

function isA(kind: 'file' | 'folder', path: string): boolean {
  const stat = statSync(path, { throwIfNoEntry: false })
  return kind === 'file' ? stat?.isFile() === true : stat?.isDirectory() === true
}

/** The conf keeps no places, so the directive is looked for in the texts. */
function placed(files: readonly IncludedFile[], directive: string, argument: string, message: string): Diagnostic {
  for (const { file, text } of files) {
    const found = [...text.matchAll(new RegExp(`(?<=^|[\\s;{}])${directive}\\s+["']?`, 'g'))]
      .map((match) => match.index + match[0].length)
      .find((offset) => text.startsWith(argument, offset))
    if (found !== undefined) return { file, ...locate(text, found), message, length: argument.length }
  }
  return { file: files[0]!.file, line: 1, column: 1, message }
}
