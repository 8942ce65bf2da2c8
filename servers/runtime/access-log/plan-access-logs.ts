// `access_log`: a line for each request, when it has ended.
import type { AccessLogConf, LocationConf, Text } from '../../contract/conf/conf.ts'
import type { RecordBody } from '../../contract/record.ts'
import type { ServedRequest } from '../served-request.ts'
import { evaluate } from '../variables/evaluate.ts'
import { readerOf } from '../variables/reader-of.ts'
import type { AccessLogs } from './access-logs.ts'
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
  const writer = accessLogs.writerOf(to)
  const render = compileFormat(format, ESCAPES[conf.escape])
  return (request) => {
    if (condition !== undefined && !isTrue(evaluate(condition, request))) return
    const line = render(request)
    writer.write(to.kind === 'syslog' ? recordOf(line, request, to.severity) : line)
  }
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

/** The collector keeps records, so a line becomes one of a kind of its own: found by its request beside what the script has logged. */
function recordOf(message: string, { id }: ServedRequest, severity: RecordBody['severity']): string {
  const body: RecordBody = {
    time: new Date().toISOString(),
    severity,
    message,
    pid: process.pid,
    request: id,
    fields: { kind: 'access' },
  }
  return JSON.stringify(body)
}
