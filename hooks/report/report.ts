// What a push says behind `remote:`, plain and line by line: steps with their durations, places in files, the end.

import { SAID_LENGTH_MAX } from '../../devenv/control/audit-entry.ts'
import { printable } from '../../devenv/control/printable.ts'
import { type Diagnostic, renderDiagnostic } from '../../servers/contract/diagnostic.ts'

/** More than these are not read by anybody; the rest is counted. */
const DIAGNOSTICS_SHOWN_MAX = 10

export interface Report {
  /** One or several lines. Control characters are shown as `?`. */
  line(text: string): void
  diagnostics(diagnostics: readonly Diagnostic[]): void
  /** Runs one step of the walk and says how long it took; what it resolves with is told by `detail`. Rethrows. */
  step<T>(name: string, run: () => Promise<T>, detail: (result: T) => string): Promise<T>
  /** The last of what was said, at most SAID_LENGTH_MAX characters. */
  said(): string
}

/** `write` gets whole lines with their newline; `now` counts milliseconds. */
export function createReport({ write, now }: { write(text: string): void; now(): number }): Report {
  let said = ''
  const line = (text: string) => {
    for (const part of text.split('\n')) {
      const shown = `${printable(part).trimEnd()}\n`
      said = (said + shown).slice(-SAID_LENGTH_MAX)
      write(shown)
    }
  }
  return {
    said: () => said.trimEnd(),
    line,
    diagnostics(diagnostics) {
      for (const diagnostic of diagnostics.slice(0, DIAGNOSTICS_SHOWN_MAX)) line(renderDiagnostic(diagnostic))
      const left = diagnostics.length - DIAGNOSTICS_SHOWN_MAX
      if (left > 0) line(`… and ${left} more`)
    },
    async step(name, run, detail) {
      const begin = now()
      const took = () => `${Math.round(now() - begin)} ms`
      try {
        const result = await run()
        line(`${name.padEnd(STEP_WIDTH)}${took().padStart(8)}  ${detail(result)}`)
        return result
      } catch (error) {
        line(`${name.padEnd(STEP_WIDTH)}${took().padStart(8)}  failed`)
        throw error
      }
    },
  }
}

const STEP_WIDTH = 8
