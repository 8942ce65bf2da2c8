// The page's files. There are few, so they are read once; what was not read cannot be asked for.
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'

export interface StaticFile {
  readonly type: string
  readonly body: Buffer
  readonly etag: string
}

/** The project's folder, seen from dist/logs-viewer/server. */
const PROJECT = new URL('../../../', import.meta.url)

/** By path. The page and its style lie in the source, its modules in dist; the modules keep their places, so that their imports hold. */
export function readStaticFiles(): ReadonlyMap<string, StaticFile> {
  const modules = readdirSync(new URL('dist/logs-viewer/web/', PROJECT))
    .filter((name) => name.endsWith('.js') && !name.endsWith('.test.js'))
    .map((name) => `logs-viewer/web/${name}`)
  const files: [path: string, file: URL, type: string][] = [
    ['/', new URL('logs-viewer/web/index.html', PROJECT), 'text/html; charset=utf-8'],
    // The same page: it logs in with what stands behind the `#`, or asks for it.
    ['/login', new URL('logs-viewer/web/index.html', PROJECT), 'text/html; charset=utf-8'],
    ['/theme.css', new URL('logs-viewer/web/theme.css', PROJECT), 'text/css; charset=utf-8'],
    ['/docs.css', new URL('logs-viewer/web/docs.css', PROJECT), 'text/css; charset=utf-8'],
    ['/style.css', new URL('logs-viewer/web/style.css', PROJECT), 'text/css; charset=utf-8'],
    ['/icon.svg', new URL('logs-viewer/web/icon.svg', PROJECT), 'image/svg+xml'],
    ...[...modules, 'servers/contract/record.js'].map((name): [string, URL, string] => [
      `/${name}`,
      new URL(`dist/${name}`, PROJECT),
      'text/javascript; charset=utf-8',
    ]),
  ]
  return new Map(files.map(([path, file, type]) => [path, readStaticFile(file, type)]))
}

function readStaticFile(file: URL, type: string): StaticFile {
  const body = readFileSync(file)
  return { type, body, etag: `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"` }
}
