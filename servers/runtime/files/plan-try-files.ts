// `try_files`: the first candidate that is there, or what is to be done instead.
import { join } from 'node:path'
import type { LocationConf, Otherwise } from '../../contract/conf/conf.ts'
import { InternalRedirect, type Outcome } from '../outcome.ts'
import { page } from '../pages.ts'
import type { PlanServices } from '../phases.ts'
import type { ServedRequest } from '../served-request.ts'
import { evaluate } from '../variables/evaluate.ts'
import { isServed, pathInFolder } from './path-in-folder.ts'
import { lookAt } from './plain-file.ts'
import { splitTarget } from './split-target.ts'

/** Sets `request.uri` to the candidate that is there and gives undefined; else what is done instead. */
export type TryFiles = (request: ServedRequest) => Outcome | undefined

export function planTryFiles(location: LocationConf, { release }: Pick<PlanServices, 'release'>): TryFiles | undefined {
  const { tryFiles, files } = location
  if (tryFiles === undefined) return undefined
  const root = files.folder === undefined ? undefined : join(release, files.folder.dir)
  const candidates = tryFiles.candidates.map((text) => {
    const last = text.at(-1)
    return { text, wanted: typeof last === 'string' && last.endsWith('/') ? 'folder' : 'file' } as const
  })
  return (request) => {
    if (root !== undefined) {
      for (const { text, wanted } of candidates) {
        const evaluated = evaluate(text, request)
        // As in nginx the slash only says that a folder is meant: one that was asked for without it is redirected to it.
        const uri = (wanted === 'folder' ? evaluated.slice(0, -1) : evaluated).replace(/\/{2,}/g, '/')
        const path = pathInFolder(location, uri)
        if (!isServed(path) || lookAt(root, path) !== wanted) continue
        request.uri = uriOf(location, uri)
        return undefined
      }
    }
    return insteadOf(tryFiles.otherwise, request)
  }
}

/** With `alias` a candidate may be written as a path in the folder. */
function uriOf({ match, path, files }: LocationConf, candidate: string): string {
  if (files.folder?.kind !== 'alias' || match === 'pattern' || candidate.startsWith(path)) return candidate
  return path.endsWith('/') ? path + candidate.replace(/^\//, '') : path + candidate
}

function insteadOf(otherwise: Otherwise, request: ServedRequest): Outcome {
  if (otherwise.kind === 'named') return new InternalRedirect({ named: otherwise.name })
  if (otherwise.kind === 'uri') return new InternalRedirect(splitTarget(evaluate(otherwise.uri, request)))
  const { status } = otherwise
  if (status === 444) return 'close'
  return status < 300 ? { status, headers: [], body: undefined } : page(status, request.id)
}
