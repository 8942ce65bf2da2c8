// What a rendered conf says in vain: no mistake, and it starts; but whoever brings it should know.
import { neverSleeps } from '../servers/contract/conf/never-sleeps.ts'
import { parseConf } from '../servers/contract/conf/parse-conf.ts'
import { type Diagnostic, locate } from '../servers/contract/diagnostic.ts'

/** In its text; hardly any conf sets it, and only those are read once more. */
const IDLE_STOP = /(?<=^[^#\n]*(?:^|[\s;{])idle_stop\s+["']?)(?!off\b)[^\s"';]+/m

/** `text` is known to be right. */
export function warnConf(text: string, file: string): Diagnostic[] {
  const set = IDLE_STOP.exec(text)
  const never = set && neverSleeps(parseConf(text, { file }))
  return never ? [{ file, ...locate(text, set.index), length: set[0].length, ...never }] : []
}
