// The frame of every hook program: input in, a clean environment, one exit code, and a last word whatever happens.
import { isEdgeyardError, messageOf } from '../../servers/contract/errors.ts'
import { createReport, type Report } from '../report/report.ts'
import { cleanEnvironment, type HookContext, readContext } from './context.ts'

/** More than any list of refs we would look at. */
const INPUT_BYTES_MAX = 8 * 1024 * 1024

/** Runs a hook to its end and exits. `main` resolves with the exit code; what it throws is told, and refuses the push. */
export async function runHook(main: (context: HookContext, report: Report) => Promise<number>): Promise<void> {
  // The client may go at any moment: what nobody reads must not stop us half-way.
  process.stdout.on('error', () => {})
  process.stderr.on('error', () => {})
  // Releases are read by other users than the one that makes them, whatever the pusher's own habits.
  process.umask(0o022)
  const report = createReport({ write: (text) => process.stderr.write(text), now: () => performance.now() })
  let exitCode = 1
  try {
    const context = readContext(process.env, process.cwd())
    cleanEnvironment(process.env)
    exitCode = await main(context, report)
  } catch (error) {
    reportError(report, error)
  }
  process.exit(exitCode)
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

/** All that git writes to a hook's stdin. */
export async function readInput(): Promise<Buffer> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of process.stdin) {
    bytes += (chunk as Buffer).length
    if (bytes > INPUT_BYTES_MAX) throw new Error('Cannot take the push: it has too many refs')
    chunks.push(chunk as Buffer)
  }
  return Buffer.concat(chunks)
}
