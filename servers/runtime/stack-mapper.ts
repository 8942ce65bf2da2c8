// Stacks in the lines that a developer wrote: `build/src/main.js:625:9` becomes `src/main.ts:12:7`. The script's own
// frames come first, whatever a library or Node put between them comes last.
import { readFileSync } from 'node:fs'
import { SourceMap } from 'node:module'
import { dirname, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { doOwnWork } from './watchdog/running.ts'

/** A place in a file of the release; line and column count from 1. */
interface SourcePlace {
  readonly file: string
  readonly line: number
  readonly column: number
}

export interface StackMapper {
  /** Makes a built file known. Its map is read when its first frame is met, and again after the next call. */
  add(builtFile: string, release: string): void
  /** A stack with its frames mapped and ordered; the message above them is left alone. */
  map(stack: string): string
  /** Whether a frame of it is in a built file: a script's, or that of a library in it. Reads no map, which may take long. */
  isBuilt(stack: string): boolean
  /** The first frame that is the script's own. */
  first(stack: string): SourcePlace | undefined
}

interface Built {
  readonly release: string
  /** null: there is none, or none that can be read. */
  map?: SourceMap | null
}

const FRAME = /^\s+at (?:(.*?) \()?(?:async )?((?:file:\/\/|node:|\/|<)[^()]*?)(?::(\d+):(\d+))?\)?$/
/** The head of a SyntaxError's stack while compiling: `file:line`, the line and a caret. */
const COMPILE_HEAD = /^(\/.*):(\d+)$/
const OURS = 'edgeyard:'
const PROJECT = fileURLToPath(new URL('../../..', import.meta.url))

export function createStackMapper(): StackMapper {
  const known = new Map<string, Built>()
  /** Our own bundles, in the place of releases. */
  const bundles = new Map<string, Built>()

  function frameOf(line: string): { text: string; own: SourcePlace | undefined } {
    const [, name, file, row, column] = FRAME.exec(line) ?? []
    if (file === undefined || row === undefined) return { text: line, own: undefined }
    const place = placeOf(known, file, Number(row), Number(column))
    const shown = place ?? ownPlace(bundles, file, Number(row), Number(column))
    const at = `${shown.file}:${shown.line}:${shown.column}`
    const own = place === undefined || /(^|\/)node_modules\//.test(place.file) ? undefined : place
    return { text: name === undefined ? `    at ${at}` : `    at ${name} (${at})`, own }
  }

  return {
    add(builtFile, release) {
      known.set(builtFile, { release })
    },
    map(stack) {
      const { head, frames } = splitStack(stack)
      const mapped = frames.map(frameOf)
      const own = mapped.filter((frame) => frame.own !== undefined)
      const others = mapped.filter((frame) => frame.own === undefined)
      // How the runtime came to call a hook helps nobody who has frames of their own.
      const shown = own.length === 0 ? others : [...own, ...others.filter((frame) => !frame.text.includes(OURS))]
      return [head, ...shown.map((frame) => frame.text)].join('\n')
    },
    isBuilt(stack) {
      return splitStack(stack).frames.some((line) => known.has(FRAME.exec(line)?.[2] ?? ''))
    },
    first(stack) {
      const { head, frames } = splitStack(stack)
      const [, file, row] = COMPILE_HEAD.exec(head.split('\n', 1)[0] ?? '') ?? []
      if (file !== undefined) {
        const caret = head.split('\n')[2]?.indexOf('^') ?? 0
        const place = placeOf(known, file, Number(row), Math.max(0, caret) + 1)
        if (place !== undefined) return place
      }
      for (const line of frames) {
        const { own } = frameOf(line)
        if (own !== undefined) return own
      }
      return undefined
    },
  }
}

/** Where the frames begin; a message may have several lines itself. */
function splitStack(stack: string): { head: string; frames: string[] } {
  const lines = stack.split('\n')
  const start = lines.findIndex((line) => /^\s+at /.test(line))
  if (start === -1) return { head: stack, frames: [] }
  return { head: lines.slice(0, start).join('\n'), frames: lines.slice(start) }
}

function placeOf(
  known: ReadonlyMap<string, Built>,
  file: string,
  line: number,
  column: number,
): SourcePlace | undefined {
  const built = known.get(file)
  if (built === undefined) return undefined
  built.map ??= readMap(file)
  const entry = built.map?.findEntry(line - 1, column - 1)
  if (entry === undefined || !('originalSource' in entry) || entry.originalSource === undefined) {
    return { file: relative(built.release, file), line, column }
  }
  const source = relative(built.release, resolve(dirname(file), entry.originalSource))
  return { file: source, line: entry.originalLine + 1, column: entry.originalColumn + 1 }
}

function readMap(file: string): SourceMap | null {
  try {
    return doOwnWork(() => new SourceMap(JSON.parse(readFileSync(`${file}.map`, 'utf8'))))
  } catch {
    // A release without maps still shows the lines of its build.
    return null
  }
}

/** Our own frames: where they were written when a map of the bundle tells, and in any case without the machine's folders. */
function ownPlace(bundles: Map<string, Built>, file: string, line: number, column: number): SourcePlace {
  const path = file.startsWith('file://') ? fileURLToPath(file) : file
  if (!path.startsWith(PROJECT)) return { file: path, line, column }
  if (path.endsWith('.cjs') && !bundles.has(path)) bundles.set(path, { release: PROJECT })
  const place = placeOf(bundles, path, line, column) ?? { file: path.slice(PROJECT.length), line, column }
  return { ...place, file: `${OURS}${place.file.replace(/^dist\//, '')}` }
}
