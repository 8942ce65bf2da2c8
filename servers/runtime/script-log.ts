// `ctx.log`: a record for each call, with the request it belongs to.
import type { Severity } from '../contract/record.ts'
import type { Log } from '../contract/script.ts'
import type { Logger } from '../log/logger.ts'
import { describeThrown, isError } from './describe-thrown.ts'
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
    try {
      const described = typeof message === 'string' ? { message } : describeThrown(message, this.#stacks)
      const readable = fields === undefined ? undefined : withMappedErrors(fields, this.#stacks)
      this.#logger.write({
        severity,
        request: this.#request,
        ...described,
        ...(readable === undefined ? {} : { fields: readable }),
      })
    } catch {
      // Only a getter of `fields` can have thrown: the message is worth more than they are.
      this.#logger.write({ severity, message: String(message), request: this.#request })
    }
  }
}

/** `{ error }` is how people log what they caught: its stack is shown in their lines, too. */
function withMappedErrors(fields: object, stacks: StackMapper): Record<string, unknown> {
  const entries = fields as Record<string, unknown>
  const keys = Object.keys(entries).filter((key) => isError(entries[key]))
  if (keys.length === 0) return entries
  return { ...entries, ...Object.fromEntries(keys.map((key) => [key, describeThrown(entries[key], stacks)])) }
}
