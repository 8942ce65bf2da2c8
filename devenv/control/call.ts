// Asks the daemon for one thing and waits for the answer: what the CLI, the git hooks and the SSH server call.
import { connect } from 'node:net'
import { EdgeyardError, ERROR_CODES, type ErrorCode } from '../../servers/contract/errors.ts'
import { type By, OPERATOR } from './by.ts'
import { LINE_BYTES_MAX } from './limits.ts'
import { onLines } from './lines.ts'
import type { ControlAnswer, ControlVerb, ControlVerbs } from './protocol.ts'

export interface CallOptions {
  /** Called for every progress line, in order, before the result. */
  onProgress?(line: string): void
  /** Stops waiting and rejects with the signal's reason. What was asked for goes on in the daemon. */
  readonly signal?: AbortSignal
  /** Who asks: told in the audit record. Default: the operator, whose socket it is. */
  readonly by?: By
}

/**
 * Asks the daemon behind `socket` (`layout.control`). There is no deadline: the daemon bounds its own work, and its end
 * ends the call. Throws `YARD_NOT_RUNNING` when nobody listens, `CONTROL_FAILED` when the daemon went away without an
 * answer or may not be reached, and otherwise the daemon's own error with its diagnostics.
 */
export function callControl<V extends ControlVerb>(
  socket: string,
  verb: V,
  params: ControlVerbs[V]['params'],
  options: CallOptions = {},
): Promise<ControlVerbs[V]['result']> {
  const { signal, by = OPERATOR } = options
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason)
    const connection = connect(socket)
    const finish = (act: () => void) => {
      signal?.removeEventListener('abort', onAbort)
      connection.destroy()
      act()
    }
    const fail = (error: unknown) => finish(() => reject(error))
    const onAbort = () => fail(signal?.reason)
    signal?.addEventListener('abort', onAbort)

    connection.on('connect', () => connection.write(`${JSON.stringify({ verb, params, by })}\n`))
    connection.on('error', (error) => fail(unreachable(socket, verb, error)))
    connection.on('close', () =>
      fail(
        new EdgeyardError('CONTROL_FAILED', `Cannot tell how "${verb}" ended: the daemon went away before it answered`),
      ),
    )
    onLines(connection, {
      bytesMax: LINE_BYTES_MAX,
      onTooLong: () => fail(new EdgeyardError('PROTOCOL', `The daemon's answer to "${verb}" is too long`)),
      onLine: (line) => {
        try {
          const answer = parseAnswer(line)
          if (answer.type === 'progress') return options.onProgress?.(answer.line)
          if (answer.type === 'error') return fail(errorOf(answer))
          finish(() => resolve(answer.result as ControlVerbs[V]['result']))
        } catch (error) {
          fail(error)
        }
      },
    })
  })
}

function parseAnswer(line: string): ControlAnswer {
  try {
    const answer = JSON.parse(line) as ControlAnswer
    if (answer.type === 'progress' || answer.type === 'result' || answer.type === 'error') return answer
  } catch {
    // Falls through to the one error below.
  }
  throw new EdgeyardError('PROTOCOL', `Cannot understand the daemon's answer: ${line.slice(0, 200)}`)
}

function errorOf(answer: Extract<ControlAnswer, { type: 'error' }>): EdgeyardError {
  const code = Object.hasOwn(ERROR_CODES, answer.code) ? (answer.code as ErrorCode) : 'CONTROL_FAILED'
  return new EdgeyardError(code, answer.message, { diagnostics: answer.diagnostics })
}

function unreachable(socket: string, verb: ControlVerb, cause: NodeJS.ErrnoException): EdgeyardError {
  if (cause.code === 'ENOENT' || cause.code === 'ECONNREFUSED') {
    return new EdgeyardError(
      'YARD_NOT_RUNNING',
      `Cannot do "${verb}": no daemon listens on ${socket}; start it with "edgeyard up"`,
      {
        cause,
      },
    )
  }
  return new EdgeyardError('CONTROL_FAILED', `Cannot do "${verb}": the daemon's socket ${socket} gave ${cause.code}`, {
    cause,
  })
}
