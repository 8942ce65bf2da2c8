// The one place where an error becomes text for a person: what went wrong, and every place that is to blame.
import { type Diagnostic, renderDiagnostic } from '../../servers/contract/diagnostic.ts'
import { isEdgeyardError, messageOf } from '../../servers/contract/errors.ts'
import { plain } from '../records/plain.ts'
import type { Terminal } from './terminal.ts'

/** What the machine says no to: the operator can put it right, and no stack helps with it. */
const OF_THE_MACHINE = ['ENOSPC', 'EDQUOT', 'EROFS', 'EACCES', 'EPERM']

/** Several lines, no trailing newline. An error that is not ours shows its stack: somebody has to find it. */
export function renderError(error: unknown, paint: Terminal['paint']): string {
  const head = (text: string) => `${paint('red', 'edgeyard:')} ${plain(text)}`
  if (!isEdgeyardError(error)) {
    if (OF_THE_MACHINE.includes((error as NodeJS.ErrnoException | undefined)?.code ?? '')) return head(messageOf(error))
    const stack = error instanceof Error ? error.stack?.split('\n').slice(1).join('\n') : undefined
    return [head(messageOf(error)), ...(stack ? [paint('dim', stack)] : [])].join('\n')
  }
  return [head(`${error.message} (${error.code})`), ...renderDiagnostics(error.diagnostics, paint)].join('\n')
}

/** One text a diagnostic: its place in bold, the line and the caret below. */
export function renderDiagnostics(diagnostics: readonly Diagnostic[], paint: Terminal['paint']): string[] {
  return diagnostics.map((diagnostic) => {
    const [first = '', ...rest] = plain(renderDiagnostic(diagnostic)).split('\n')
    return [paint('bold', first), ...rest].join('\n')
  })
}
