// `include FILE|PATTERN;`: what nginx finds by glob(3), relative to the folder of the conf.
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, isAbsolute, join } from 'node:path'

export interface IncludedFile {
  /** As it is named in messages: as the conf is named, with its own place behind. */
  readonly file: string
  readonly text: string
}

/** The files that fit, by name. Throws when one cannot be read; a pattern that nothing fits gives none. */
export function includeFiles(pattern: string, conf: string): IncludedFile[] {
  const path = isAbsolute(pattern) ? pattern : join(dirname(conf), pattern)
  const files = /[*?[]/.test(path) ? globbed(path) : [path]
  return files.map((file) => ({ file, text: readFileSync(file, 'utf8') }))
}

function globbed(path: string): string[] {
  let found = [isAbsolute(path) ? '/' : '']
  for (const part of path.split('/').filter((each) => each !== '')) {
    if (!/[*?[]/.test(part)) found = found.map((folder) => join(folder, part))
    else {
      const pattern = patternOf(part)
      found = found.flatMap((folder) =>
        namesIn(folder).flatMap((name) => (pattern.test(name) ? join(folder, name) : [])),
      )
    }
  }
  return found.filter((file) => namesIn(dirname(file)).includes(file.slice(file.lastIndexOf('/') + 1)))
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder === '' ? '.' : folder).sort()
  } catch {
    return []
  }
}

/** As glob(3): `*` and `?` never stand for a dot that a name begins with. */
function patternOf(part: string): RegExp {
  const source = part.replace(/\[!?\]?[^\]]*\]|[\s\S]/g, (piece) => {
    if (piece === '*') return '.*'
    if (piece === '?') return '.'
    if (piece.length > 1) return piece.replace(/^\[!/, '[^').replace(/\\/g, '\\\\')
    return piece.replace(/[\\^$.*+?()[\]{}|]/, '\\$&')
  })
  return new RegExp(`^${part.startsWith('.') ? '' : '(?!\\.)'}${source}$`, 's')
}
