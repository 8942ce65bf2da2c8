// Whether somebody is asked what becomes of a group of errors: as `access/scope.ts` answers, which does not run in browsers.
import type { Source } from '../../query/wire.ts'

export function mayJudge(who: string, { developer, server }: Source): boolean {
  return who === 'operator' || (developer === who && server !== 'edgeyard')
}
