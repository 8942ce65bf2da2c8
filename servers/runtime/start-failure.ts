// Why a server did not get ready, as its supervisor and its developer are told.
import type { StartFailure } from '../contract/channel.ts'
import { renderDiagnostic } from '../contract/diagnostic.ts'
import { isEdgeyardError } from '../contract/errors.ts'
import { describeThrown, isError } from './describe-thrown.ts'
import type { StackMapper } from './stack-mapper.ts'

/** Together well below the longest line of the channel, also when every character needs an escape. */
const MESSAGE_LENGTH_MAX = 4 * 1024
const STACK_LENGTH_MAX = 16 * 1024

const CODES = {
  conf: 'CONF_INVALID',
  script: 'SCRIPT_THREW',
  start: 'SCRIPT_START_FAILED',
  listen: 'SERVICE_FAILED',
} as const satisfies Record<StartFailure['phase'], string>

export function toStartFailure(thrown: unknown, phase: StartFailure['phase'], stacks: StackMapper): StartFailure {
  const { message, stack } = describeThrown(thrown, stacks)
  const ours = isEdgeyardError(thrown)
  const diagnostic = ours ? thrown.diagnostics[0] : undefined
  const own = isError(thrown) && thrown.stack !== undefined ? stacks.first(thrown.stack) : undefined
  const at = diagnostic ?? own
  return {
    phase,
    code: ours ? thrown.code : CODES[phase],
    message: (ours ? [thrown.message, ...thrown.diagnostics.map(renderDiagnostic)].join('\n') : message).slice(
      0,
      MESSAGE_LENGTH_MAX,
    ),
    ...(stack === undefined || (ours && own === undefined) ? {} : { stack: stack.slice(0, STACK_LENGTH_MAX) }),
    ...(at === undefined ? {} : { at: { file: at.file, line: at.line, column: at.column } }),
  }
}

/** nginx's line; what else there is to say stands under it, indented, so that it is seen to belong to it. */
export function renderStartFailure({ message, stack, at }: StartFailure): string {
  const where = at === undefined ? '' : ` in ${at.file}:${at.line}:${at.column}`
  const [first, ...rest] = `${message}${where}${stack === undefined ? '' : `\n${stack}`}`.split('\n')
  return [`edge-server: [emerg] ${first}`, ...rest.map((line) => `    ${line}`), ''].join('\n')
}
