// A developer's branch of serverctrl that does not fit the yard: their own records say so, and so do the operator's.
import { MASTER } from '../../servers/contract/names.ts'
import type { Fitted, LeftOut } from '../sandbox/render-what-fits.ts'
import type { YardLog } from './yard-context.ts'

/** `the branch of dev1 does not count: socketserver.values.yaml:3:9: …`, the first of what is wrong. */
export function brokenBranchText({ name, diagnostics: [first] }: LeftOut): string {
  const why = first === undefined ? '' : `: ${first.file}:${first.line}:${first.column}: ${first.message}`
  return `the branch of ${name} in serverctrl does not fit the yard, what master says counts until it does${why}`
}

export function tellBrokenBranches({ leftOut }: Fitted, log: YardLog): void {
  for (const one of leftOut) {
    if (one.kind !== 'branch') continue
    for (const developer of [MASTER, one.name])
      log('crit', brokenBranchText(one), {}, { server: 'edgeyard', developer })
  }
}
