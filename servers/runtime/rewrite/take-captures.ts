// What a pattern has captured: `$1` to `$9`, and its named groups as variables.
import type { ServerName } from '../../contract/conf/conf.ts'
import type { ServedRequest } from '../served-request.ts'

export function takeCaptures(request: ServedRequest, captures: RegExpExecArray): void {
  request.captures = captures
  const { groups } = captures
  if (groups === undefined) return
  request.variables ??= new Map()
  for (const name in groups) request.variables.set(name, groups[name] ?? '')
}

/** Of the first `server_name ~PATTERN` that fits. */
export function planNameCaptures(
  names: readonly ServerName[],
): ((host: string) => RegExpExecArray | undefined) | undefined {
  const patterns = names.flatMap((name) => (name.kind === 'pattern' ? [new RegExp(name.pattern.source, 'i')] : []))
  if (patterns.length === 0) return undefined
  return (host) => {
    for (const pattern of patterns) {
      const captures = pattern.exec(host)
      if (captures !== null) return captures
    }
    return undefined
  }
}
