// Files of the release by `root` and `alias`: nginx's index and static modules in one. Dotfiles and links are not there for anybody.
import { closeSync, fstatSync, type Stats } from 'node:fs'
import { join } from 'node:path'
import type { LocationConf } from '../../contract/conf/conf.ts'
import type { WireReply } from '../../transport/port.ts'
import { logFor } from '../log-for.ts'
import { InternalRedirect, type Outcome } from '../outcome.ts'
import { page } from '../pages.ts'
import type { PlanServices } from '../phases.ts'
import { redirectTo } from '../rewrite/redirect-to.ts'
import type { ServedRequest } from '../served-request.ts'
import { contentTypeOf } from './content-types.ts'
import { bytesOf, type Part, readParts } from './file-body.ts'
import { type ByteRange, parseRanges } from './parse-ranges.ts'
import { isServed, pathInFolder } from './path-in-folder.ts'
import { lookAt, openPlain, type Unreadable } from './plain-file.ts'
import { checkPreconditions, isSameForRange, type Validators } from './preconditions.ts'

/** The content of a location without a script. */
export type Files = (request: ServedRequest) => Outcome

type Header = readonly [name: string, value: string]

/** Undefined where there is neither `root` nor `alias`. */
export function planFiles(location: LocationConf, { release }: Pick<PlanServices, 'release'>): Files | undefined {
  const { folder, index } = location.files
  if (folder === undefined) return undefined
  const root = join(release, folder.dir)
  return (request) => {
    const { method } = request.head
    if (method !== 'GET' && method !== 'HEAD' && method !== 'POST') return notAllowed(request)
    const path = pathInFolder(location, request.uri)
    if (!isServed(path)) return page(404, request.id)
    if (path.endsWith('/')) return answerWithIndex(request, root, path, index)
    const opened = openPlain(root, path)
    if (typeof opened === 'number') return refuse(request, opened, `open() "${join(root, path)}" failed`)
    return answerWithFile(request, opened.fd, location)
  }
}

/** The first index that is there, found anew as a path of its own: another location may be its. */
function answerWithIndex(request: ServedRequest, root: string, path: string, index: readonly string[]): Outcome {
  const { uri, args } = request
  const found = lookAt(root, path)
  for (const name of found === 'folder' ? index : []) {
    if (name.startsWith('/')) return new InternalRedirect({ uri: name, args })
    if (isServed(path + name) && lookAt(root, path + name) === 'file') {
      return new InternalRedirect({ uri: uri + name, args })
    }
  }
  if (typeof found === 'number') return refuse(request, found, `open() "${join(root, path)}" failed`)
  return refuse(request, found === 'folder' ? 403 : 404, `directory index of "${join(root, path)}" is forbidden`)
}

function answerWithFile(request: ServedRequest, fd: number, location: LocationConf): Outcome {
  let kept = false
  try {
    const stat = fstatSync(fd)
    if (stat.isDirectory()) return toFolder(request)
    if (!stat.isFile()) return page(404, request.id)
    // As in nginx: what is not there may be asked for with POST and is not there.
    if (request.head.method === 'POST') return notAllowed(request)
    const planned = planReply(request, stat, location.files)
    if (!('parts' in planned)) return planned
    const { status, headers, parts } = planned
    if (request.head.method === 'HEAD') return { status, headers, body: undefined }
    kept = true
    return { status, headers, body: readParts(fd, parts) }
  } finally {
    if (!kept) closeSync(fd)
  }
}

function toFolder(request: ServedRequest): WireReply {
  const { uri, args } = request
  // What stands in a name is no query.
  return redirectTo(request, 301, `${uri.replace(/[%?#]/g, encodeURIComponent)}/${args === '' ? '' : `?${args}`}`)
}

interface PlannedReply {
  readonly status: 200 | 206
  readonly headers: readonly Header[]
  readonly parts: readonly Part[]
}

function planReply(
  request: ServedRequest,
  { size, mtimeMs }: Stats,
  files: LocationConf['files'],
): WireReply | PlannedReply {
  const { headers } = request.head
  const modifiedS = Math.trunc(mtimeMs / 1000)
  const etag = files.etag ? `"${modifiedS.toString(16)}-${size.toString(16)}"` : undefined
  const validators: Header[] = [['last-modified', new Date(modifiedS * 1000).toUTCString()]]
  if (etag !== undefined) validators.unshift(['etag', etag])
  const type = contentTypeOf(request.uri, files)
  const whole = { start: 0, end: size }
  const own: Header[] = [['content-type', type], ...validators]
  // The page of an error is sent whole, whatever the client asked of the path that failed, and is not kept by its date.
  if (request.errorStatus !== undefined && request.errorStatus !== 200) {
    return partsReply(200, own.slice(0, -1), [whole])
  }
  const judged = checkPreconditions(headers, { etag, modifiedS }, files.ifModifiedSince)
  if (judged === 412) return page(412, request.id)
  if (judged === 304) return { status: 304, headers: validators, body: undefined }
  if (files.maxRanges === 0) return partsReply(200, own, [whole])
  const ranges = wantedRanges(request, { etag, modifiedS }, size, files.maxRanges)
  if (ranges === 'unsatisfiable') return page(416, request.id, [['content-range', `bytes */${size}`]])
  if (ranges === 'whole') return partsReply(200, [...own, ['accept-ranges', 'bytes']], [whole])
  const [first] = ranges
  if (ranges.length === 1) return partsReply(206, [...own, ['content-range', contentRange(first!, size)]], ranges)
  const boundary = request.id
  const parts = ranges.flatMap((range): Part[] => [
    `\r\n--${boundary}\r\ncontent-type: ${type}\r\ncontent-range: ${contentRange(range, size)}\r\n\r\n`,
    range,
  ])
  const multipart: Header[] = [['content-type', `multipart/byteranges; boundary=${boundary}`], ...validators]
  return partsReply(206, multipart, [...parts, `\r\n--${boundary}--\r\n`])
}

function wantedRanges({ head }: ServedRequest, validators: Validators, size: number, max: number | undefined) {
  const range = head.headers.find(([name]) => name === 'range')?.[1]
  if (range === undefined || !isSameForRange(head.headers, validators)) return 'whole'
  return parseRanges(range, size, max)
}

function contentRange({ start, end }: ByteRange, size: number): string {
  return `bytes ${start}-${end - 1}/${size}`
}

function partsReply(status: 200 | 206, headers: readonly Header[], parts: readonly Part[]): PlannedReply {
  return { status, headers: [...headers, ['content-length', String(bytesOf(parts))]], parts }
}

function notAllowed({ id }: ServedRequest): Outcome {
  return page(405, id, [['allow', 'GET, HEAD']])
}

/** nginx logs what is not there, too; the access log tells it already, and scanners ask for a lot. */
function refuse(request: ServedRequest, status: Unreadable, message: string): Outcome {
  if (status !== 404) logFor(request, 'error', message)
  return page(status, request.id)
}
