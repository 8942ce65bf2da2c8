// From a path of the web to a path in the folder of a location, as nginx's `root` and `alias` map it.
import type { LocationConf } from '../../contract/conf/conf.ts'

/** Begins with "/", or is empty when the folder's own name is meant: `alias` of one file. */
export function pathInFolder(
  { match, path, files }: Pick<LocationConf, 'match' | 'path' | 'files'>,
  uri: string,
): string {
  if (files.folder?.kind !== 'alias') return uri
  if (match === 'pattern' || match === 'named') return ''
  const rest = uri.startsWith(path) ? uri.slice(path.length) : uri
  if (rest === '') return uri.endsWith('/') ? '/' : ''
  // What follows "location /i" in "/i../x" is a name of its own and never leads out of the folder.
  return rest.startsWith('/') ? rest : `/${rest}`
}

/** Dotfiles are nobody's business, and a separator that was hidden in an escape is none. A folder may end with "/". */
export function isServed(path: string): boolean {
  if (path === '' || path === '/') return true
  const segments = (path.endsWith('/') ? path.slice(1, -1) : path.slice(1)).split('/')
  return segments.every((segment) => segment !== '' && !segment.startsWith('.') && !/[\0\\]|%2f/i.test(segment))
}
