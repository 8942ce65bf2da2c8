// `ctx.log`: a record for each call, with the request it belongs to.
import type { Severity } from '../contract/record.ts'
import type { Log } from '../contract/script.ts'
import type { Logger } from '../log/logger.ts'
import { describeLogged, describeThrown, isError } from './describe-thrown.ts'
import type { StackMapper } from './stack-mapper.ts'

export class ScriptLog implements Log {
  readonly #logger: Logger
  readonly #stacks: StackMapper
  readonly #request: string

  constructor(logger: Logger, stacks: StackMapper, request: string) {
    this.#logger = logger
    this.#stacks = stacks
    this.#request = request
  }

  debug(message: string, fields?: object): void {
    this.#write('debug', message, fields)
  }
  info(message: string, fields?: object): void {
    this.#write('info', message, fields)
  }
  notice(message: string, fields?: object): void {
    this.#write('notice', message, fields)
  }
  warn(message: string, fields?: object): void {
    this.#write('warn', message, fields)
  }
  error(message: string | Error, fields?: object): void {
    this.#write('error', message, fields)
  }

  #write(severity: Severity, message: unknown, fields: object | undefined): void {
    const described = describeLogged(message, this.#stacks)
    // `log.error('cannot save', error)`: an Error's own entries would be none of what matters.
    const error = isError(fields) ? describeLogged(fields, this.#stacks) : undefined
    const stack = described.stack ?? error?.stack
    const readable = error === undefined ? withMappedErrors(fields, this.#stacks) : { error: error.message }
    this.#logger.write({
      severity,
      request: this.#request,
      message: described.message,
      ...(stack === undefined ? {} : { stack }),
      ...(readable === undefined ? {} : { fields: readable }),
    })
  }
}

/** `{ error }` is how people log what they caught: its stack is shown in their lines, too. */
function withMappedErrors(fields: object | undefined, stacks: StackMapper): Record<string, unknown> | undefined {
  if (fields === undefined) return undefined
  const entries = fields as Record<string, unknown>
  try {
    const keys = Object.keys(entries).filter((key) => isError(entries[key]))
    if (keys.length === 0) return entries
    return { ...entries, ...Object.fromEntries(keys.map((key) => [key, describeThrown(entries[key], stacks)])) }
  } catch {
    // A getter throws; the logger names those one by one.
    return entries
  }
}
