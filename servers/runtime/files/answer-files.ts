// `root DIR;`: files of the release, as nginx maps them: the folder and the whole path behind it. Dotfiles and links are
// not there for anybody. A Range is not obeyed, which HTTP allows: the whole file is sent.
import { constants, type FileHandle, open, realpath } from 'node:fs/promises'
import { join } from 'node:path'
import type { WireReply } from '../../transport/port.ts'
import type { Asked } from '../asked.ts'
import { page } from '../pages.ts'
import { contentTypeOf } from './content-types.ts'

/** Up to here a file is read at once; a larger one is streamed. */
const WHOLE_FILE_BYTES_MAX = 128 * 1024
const PIECE_BYTES = 64 * 1024
const INDEX = 'index.html'

/** What is to be sent for a path below `root`, an absolute folder. */
export async function answerWithFile({ head }: Pick<Asked, 'head'>, root: string, id: string): Promise<WireReply> {
  if (head.method !== 'GET' && head.method !== 'HEAD') return page(405, id, [['allow', 'GET, HEAD']])
  const path = head.path.endsWith('/') ? `${head.path}${INDEX}` : head.path
  if (!isSafe(path)) return page(404, id)
  const handle = await openPlain(root, path)
  if (handle === undefined) return page(404, id)
  let streaming = false
  try {
    const stat = await handle.stat()
    if (stat.isDirectory()) {
      const query = head.query === '' ? '' : `?${head.query}`
      // Absolute within this host: "//x/" would name another one, but a normalised path has no doubled slash.
      const folder = encodeURI(head.path).replace(/[?#]/g, encodeURIComponent)
      return { status: 301, headers: [['location', `${folder}/${query}`]], body: undefined }
    }
    if (!stat.isFile()) return page(404, id)
    const etag = `"${Math.trunc(stat.mtimeMs / 1000).toString(16)}-${stat.size.toString(16)}"`
    const modified = new Date(stat.mtimeMs).toUTCString()
    const validators = [
      ['etag', etag],
      ['last-modified', modified],
    ] as const
    if (isFresh(head.headers, etag, stat.mtimeMs)) return { status: 304, headers: validators, body: undefined }
    const headers = [
      ['content-type', contentTypeOf(path)],
      ['content-length', String(stat.size)],
      ...validators,
    ] as const
    if (head.method === 'HEAD') return { status: 200, headers, body: undefined }
    if (stat.size <= WHOLE_FILE_BYTES_MAX) return { status: 200, headers, body: await handle.readFile() }
    streaming = true
    return { status: 200, headers, body: streamOf(handle) }
  } finally {
    if (!streaming) await handle.close()
  }
}

function isSafe(path: string): boolean {
  const segments = path.split('/').slice(1)
  return segments.every((segment) => segment !== '' && !segment.startsWith('.') && !/[\0\\]|%2f/i.test(segment))
}

/** Undefined for what is not there, and for what is reached through a link. */
async function openPlain(root: string, path: string): Promise<FileHandle | undefined> {
  try {
    const folder = await realpath(root)
    const file = join(folder, path)
    if ((await realpath(file)) !== file) return undefined
    return await open(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  } catch {
    return undefined
  }
}

/** If-None-Match decides alone when it is there (RFC 9110 section 13.2.2). */
function isFresh(headers: Asked['head']['headers'], etag: string, mtimeMs: number): boolean {
  const header = (name: string) => headers.find(([key]) => key === name)?.[1]
  const tags = header('if-none-match')
  if (tags !== undefined) {
    return tags.trim() === '*' || tags.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag)
  }
  const since = Date.parse(header('if-modified-since') ?? '')
  return !Number.isNaN(since) && Math.trunc(mtimeMs / 1000) * 1000 <= since
}

function streamOf(handle: FileHandle): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(PIECE_BYTES), 0, PIECE_BYTES)
      if (bytesRead > 0) return controller.enqueue(buffer.subarray(0, bytesRead))
      controller.close()
      await handle.close()
    },
    cancel: () => handle.close(),
  })
}
