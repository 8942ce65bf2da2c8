// `access_log`: a line for each request, when it has ended.
import type { AccessLogConf, LocationConf, Text } from '../../contract/conf/conf.ts'
import type { Severity } from '../../contract/record.ts'
import type { LineWriter } from '../../log/line-writer.ts'
import type { Logger } from '../../log/logger.ts'
import type { ServedRequest } from '../served-request.ts'
import { evaluate } from '../variables/evaluate.ts'
import { readerOf } from '../variables/reader-of.ts'
import type { AccessLogs } from './access-logs.ts'
import { compileFields } from './compile-fields.ts'
import { ESCAPES, type Escape } from './escape.ts'

export type AccessLogStep = (request: ServedRequest) => void

export function planAccessLogs(
  { accessLogs }: Pick<LocationConf, 'accessLogs'>,
  services: { readonly accessLogs: AccessLogs },
): readonly AccessLogStep[] {
  return accessLogs.map((conf) => planAccessLog(conf, services.accessLogs))
}

function planAccessLog(conf: AccessLogConf, accessLogs: AccessLogs): AccessLogStep {
  const { to, format, condition } = conf
  const render = compileFormat(format, ESCAPES[conf.escape])
  const write =
    to.kind === 'syslog' ? planRecord(format, to.severity, accessLogs.recordsOf(to)) : planLine(accessLogs.linesOf(to))
  return (request) => {
    if (condition === undefined || isTrue(evaluate(condition, request))) write(render(request), request)
  }
}

type WriteLine = (line: string, request: ServedRequest) => void

function planLine(lines: LineWriter): WriteLine {
  return (line) => lines.write(line)
}

/** Found by its request, beside what the script has logged. */
function planRecord(format: Text, severity: Severity, logger: Logger): WriteLine {
  const fieldsOf = compileFields(format)
  return (message, request) => logger.write({ severity, message, request: request.id, fields: fieldsOf(request) })
}

/** Only what variables give is escaped, each for itself; as in nginx one without a value differs from one that is empty. */
function compileFormat(format: Text, escaped: Escape): (request: ServedRequest) => string {
  const parts = format.map((part) => (typeof part === 'string' ? part : readerOf(part.variable)))
  const missing = escaped('')
  return (request) => {
    let line = ''
    for (const part of parts) {
      const value = typeof part === 'string' ? part : part(request)
      line += value === undefined ? missing : typeof part === 'string' || value === '' ? value : escaped(value)
    }
    return line
  }
}

function isTrue(value: string): boolean {
  return value !== '' && value !== '0'
}
