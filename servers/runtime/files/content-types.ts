// `types` and `default_type`. Without `types` the usual ones count: nginx's mime.types, with the charset that all our text has.
import type { FilesConf } from '../../contract/conf/conf.ts'

const USUAL: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  htm: 'text/html; charset=utf-8',
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  mjs: 'text/javascript; charset=utf-8',
  json: 'application/json',
  map: 'application/json',
  txt: 'text/plain; charset=utf-8',
  log: 'text/plain; charset=utf-8',
  md: 'text/markdown; charset=utf-8',
  csv: 'text/csv; charset=utf-8',
  xml: 'text/xml; charset=utf-8',
  atom: 'application/atom+xml',
  rss: 'application/rss+xml',
  webmanifest: 'application/manifest+json',
  svg: 'image/svg+xml',
  svgz: 'image/svg+xml',
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  gif: 'image/gif',
  webp: 'image/webp',
  avif: 'image/avif',
  ico: 'image/x-icon',
  bmp: 'image/x-ms-bmp',
  tif: 'image/tiff',
  tiff: 'image/tiff',
  mp3: 'audio/mpeg',
  m4a: 'audio/x-m4a',
  ogg: 'audio/ogg',
  wav: 'audio/wav',
  mid: 'audio/midi',
  mp4: 'video/mp4',
  m4v: 'video/x-m4v',
  mpg: 'video/mpeg',
  mpeg: 'video/mpeg',
  mov: 'video/quicktime',
  webm: 'video/webm',
  ts: 'video/mp2t',
  m3u8: 'application/vnd.apple.mpegurl',
  woff: 'font/woff',
  woff2: 'font/woff2',
  ttf: 'font/ttf',
  otf: 'font/otf',
  wasm: 'application/wasm',
  pdf: 'application/pdf',
  rtf: 'application/rtf',
  zip: 'application/zip',
  gz: 'application/gzip',
  '7z': 'application/x-7z-compressed',
  rar: 'application/x-rar-compressed',
  jar: 'application/java-archive',
  apk: 'application/vnd.android.package-archive',
  // What engines of games pack their assets into, and what is code for nobody's browser.
  ...Object.fromEntries(
    ['bin', 'exe', 'dll', 'deb', 'dmg', 'iso', 'img', 'msi', 'pak', 'data', 'dat', 'unityweb', 'glb', 'so'].map(
      (extension) => [extension, 'application/octet-stream'],
    ),
  ),
}

/** By what follows the last dot of the last name, without regard to case. */
export function contentTypeOf(path: string, { types, defaultType }: Pick<FilesConf, 'types' | 'defaultType'>): string {
  const extension = /\.([^./]+)$/.exec(path)?.[1]?.toLowerCase()
  const known = types ?? USUAL
  return extension !== undefined && Object.hasOwn(known, extension) ? known[extension]! : defaultType
}
