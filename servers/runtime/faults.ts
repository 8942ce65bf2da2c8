// Where everything that a script throws ends: logged once, with its phase, its request and its TypeScript stack.
import type { Severity } from '../contract/record.ts'
import type { Logger } from '../log/logger.ts'
import type { RequestHead } from '../transport/port.ts'
import { describeThrown } from './describe-thrown.ts'
import type { StackMapper } from './stack-mapper.ts'

/** What was going on. The fields that nginx puts behind an error come from `head` and `server`. */
export interface FaultOf {
  /** The hook, or `every`, `after`, `uncaught`. */
  readonly phase: string
  readonly script?: string
  readonly request?: string
  readonly head?: RequestHead
  /** The first `server_name`. */
  readonly server?: string
  /** Said after the message, e.g. that the headers were sent already. */
  readonly note?: string
  /** Default `error`. */
  readonly severity?: Severity
}

export interface Faults {
  report(thrown: unknown, of: FaultOf): void
}

export function createFaults(logger: Logger, stacks: StackMapper): Faults {
  return {
    report(thrown, of) {
      const { message, stack } = describeThrown(thrown, stacks)
      logger.write({
        severity: of.severity ?? 'error',
        message: of.note === undefined ? message : `${message} (${of.note})`,
        ...(of.request === undefined ? {} : { request: of.request }),
        ...(stack === undefined ? {} : { stack }),
        fields: { phase: of.phase, ...(of.script === undefined ? {} : { script: of.script }), ...requestFields(of) },
      })
    },
  }
}

/** nginx's `client: …, server: …, request: …, host: …`. */
export function requestFields({ head, server }: Pick<FaultOf, 'head' | 'server'>): Record<string, string> {
  if (head === undefined) return {}
  const target = head.query === '' ? head.rawPath : `${head.rawPath}?${head.query}`
  return { client: head.ip, server: server ?? '', request: `${head.method} ${target}`, host: head.host }
}
