// Whose records somebody may see. Decided by name, for every source there is; what a question names is only looked for among these.
import { type LogVisibility, OPERATOR_NAME } from '../../servers/contract/access.ts'
import { MASTER } from '../../servers/contract/names.ts'
import type { Source } from '../query/wire.ts'

/** Of master's, what all developers use together. Its `edgeyard` is not among them: that says what everybody has done. */
const SHARED_SERVERS: ReadonlySet<string> = new Set(['httpserver', 'socketserver', 'dtserver', 'mysql'])

export function maySee(who: string, { developer, server }: Source, visibility: LogVisibility): boolean {
  if (who === OPERATOR_NAME || visibility === 'all') return true
  if (server === 'edgeyard') return false
  return developer === who || (developer === MASTER && SHARED_SERVERS.has(server))
}

/** Whether it is theirs to say that an error is resolved, for everybody who sees it. */
export function mayJudge(who: string, { developer, server }: Source): boolean {
  return who === OPERATOR_NAME || (developer === who && server !== 'edgeyard')
}
