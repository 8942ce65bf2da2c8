// A conf is parsed or refused with its places, in no time, whatever it says.
import { Script } from 'node:vm'
import { parseConf } from '../contract/conf/parse-conf.ts'
import { renderDiagnostic } from '../contract/diagnostic.ts'
import { isEdgeyardError } from '../contract/errors.ts'

/** A conf is 64 KiB at most; one that takes longer hangs. */
const DEADLINE_MS = 2000

const call = new Script('edgeyardFuzz()')

/** What is wrong with how the text is treated; undefined when nothing is. */
export function checkConf(text: string): string | undefined {
  try {
    withDeadline(() => {
      try {
        parseConf(text, { file: 'fuzz.conf', include: () => [] })
      } catch (error) {
        if (!isEdgeyardError(error) || error.code !== 'CONF_INVALID') throw error
        if (error.diagnostics.length === 0) throw new Error('CONF_INVALID without a place')
        for (const diagnostic of error.diagnostics) renderDiagnostic(diagnostic)
      }
    })
    return undefined
  } catch (error) {
    return error instanceof Error ? String(error.stack) : String(error)
  }
}

/** Even a regular expression that never ends is stopped. */
function withDeadline(work: () => void): void {
  Object.assign(globalThis, { edgeyardFuzz: work })
  call.runInThisContext({ timeout: DEADLINE_MS })
}
