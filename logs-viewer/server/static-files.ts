// The page's files. There are few, so they are read once; what was not read cannot be asked for.
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'

export interface StaticFile {
  readonly type: string
  readonly body: Buffer
  readonly etag: string
  /** The same, packed, for whoever takes it: its bytes are others, so its tag is. */
  readonly gzip?: { readonly body: Buffer; readonly etag: string }
}

/** The project's folder, seen from dist/logs-viewer/server. */
const PROJECT = new URL('../../../', import.meta.url)

/** By path. The page and the icon lie in the source; what browsers run and style the pages with is bundled by the build. */
export function readStaticFiles(): ReadonlyMap<string, StaticFile> {
  const bundled = new URL('dist/logs-viewer/page/', PROJECT)
  const files: [path: string, file: URL, type: string][] = [
    ['/', new URL('logs-viewer/web/index.html', PROJECT), 'text/html; charset=utf-8'],
    // The same page: it logs in with what stands behind the `#`, or asks for it.
    ['/login', new URL('logs-viewer/web/index.html', PROJECT), 'text/html; charset=utf-8'],
    ['/icon.svg', new URL('logs-viewer/web/icon.svg', PROJECT), 'image/svg+xml'],
    ['/app.css', new URL('app.css', bundled), 'text/css; charset=utf-8'],
    ['/docs.css', new URL('docs.css', bundled), 'text/css; charset=utf-8'],
    ['/app.js', new URL('app.js', bundled), 'text/javascript; charset=utf-8'],
    ['/docs.js', new URL('docs.js', bundled), 'text/javascript; charset=utf-8'],
  ]
  return new Map(files.map(([path, file, type]) => [path, readStaticFile(file, type)]))
}

function readStaticFile(file: URL, type: string): StaticFile {
  const body = readFileSync(file)
  const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`
  return { type, body, etag, gzip: { body: gzipSync(body, { level: 9 }), etag: `${etag.slice(0, -1)}-gzip"` } }
}
