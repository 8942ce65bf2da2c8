// The frame of every hook: what it belongs to is read once, and one exit code and a last word come whatever happens.
import { isEdgeyardError, messageOf } from '../../servers/contract/errors.ts'
import { createReport, type Report } from '../report/report.ts'
import { readContext } from './context.ts'
import { type HookCall, type HookName, loadHook } from './hook.ts'

/** More than any list of refs we would look at. */
const INPUT_BYTES_MAX = 8 * 1024 * 1024

export interface HookRun extends Pick<HookCall, 'input' | 'output'> {
  readonly name: HookName
  /** As git has started the hook: what of it counts is decided by {@link readContext}. */
  readonly env: NodeJS.ProcessEnv
  readonly cwd: string
  /** To the person who pushes. */
  tell(text: string): void
  /** After the context was read, before anything else. */
  onRead?(): void
}

/** Runs a hook to its end. Resolves with the exit code; what the hook throws is told, and refuses the push. Never rejects. */
export async function runHook({ name, env, cwd, input, output, tell, onRead }: HookRun): Promise<number> {
  const report = createReport({ write: tell, now: () => performance.now() })
  try {
    const context = readContext(env, cwd)
    onRead?.()
    const hook = await loadHook(name)
    return await hook({ context, report, input, output })
  } catch (error) {
    reportError(report, error)
    return 1
  }
}

/** An error's message and its places. */
export function reportError(report: Report, error: unknown): void {
  if (isEdgeyardError(error) && error.code === 'YARD_NOT_RUNNING') {
    report.line('the yard is not running; tell the operator: edgeyard up')
    return
  }
  report.line(messageOf(error))
  if (isEdgeyardError(error)) report.diagnostics(error.diagnostics)
}

/** All that git writes to a hook. */
export async function readInput(input: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of input) {
    bytes += chunk.length
    if (bytes > INPUT_BYTES_MAX) throw new Error('Cannot take the push: it has too many refs')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
