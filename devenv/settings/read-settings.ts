// yard.yml → settings, or one error that names every place that is wrong.
import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { isMap, isScalar, LineCounter, type Node, parseDocument } from 'yaml'
import { type Diagnostic, locate } from '../../servers/contract/diagnostic.ts'
import { EdgeyardError, messageOf } from '../../servers/contract/errors.ts'
import { PORT_BLOCK, planPorts } from '../sandbox/ports.ts'
import { parseLimits } from './parse-limits.ts'
import { parseLogs } from './parse-logs.ts'
import { parsePorts } from './parse-ports.ts'
import { parseQuotas } from './parse-quotas.ts'
import { parseTls } from './parse-tls.ts'
import { DEFAULT_HOST, DEVELOPERS_INITIAL, type OutsideMysql, type YardSettings } from './settings.ts'
import { type Complain, fieldsOf, PORT_MAX, startOf } from './settings-fields.ts'

const KEYS = [
  'host',
  'ports_from',
  'ssh_port',
  'viewer_port',
  'ports',
  'tls',
  'mysql',
  'developers_initial',
  'limits',
  'quotas',
  'logs',
]
const MYSQL_KEYS = ['host', 'port', 'user', 'password', 'database']

/** Reads yard.yml; an absent or empty file means the defaults. Throws `YARD_SETTINGS` with diagnostics. */
export async function readSettings(file: string): Promise<YardSettings> {
  const text = await readFile(file, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return ''
    throw new EdgeyardError('YARD_SETTINGS', `Cannot read ${file}: ${messageOf(cause)}`, { cause })
  })
  return parseSettings(text, basename(file))
}

/** Pure. `file` is only the name that diagnostics carry. */
export function parseSettings(text: string, file: string): YardSettings {
  const diagnostics: Diagnostic[] = []
  const complain = (offset: number, message: string, hint?: string) =>
    diagnostics.push({ file, ...locate(text, offset), message, ...(hint === undefined ? {} : { hint }) })

  const document = parseDocument(text, { lineCounter: new LineCounter(), prettyErrors: false })
  // After a mistake of syntax the parser only guesses.
  const [broken] = document.errors
  if (broken !== undefined) {
    complain(broken.pos[0], broken.message)
    throw new EdgeyardError('YARD_SETTINGS', `Cannot use ${file}`, { diagnostics })
  }
  const top = document.contents
  if (top !== null && !isMap(top) && !(isScalar(top) && top.value === null)) {
    complain(0, 'yard.yml must be a map of settings')
  }
  const settings = fieldsOf(isMap(top) ? top : undefined, KEYS, complain)

  const portsFrom = settings.port('ports_from', PORT_MAX + 1 - PORT_BLOCK)
  const plan = planPorts(portsFrom)
  const parsed: YardSettings = {
    host: settings.host('host') ?? DEFAULT_HOST,
    portsFrom,
    sshPort: settings.port('ssh_port') ?? plan.ssh,
    viewerPort: settings.port('viewer_port') ?? plan.viewer,
    ports: parsePorts(settings.node('ports'), plan.ranges, complain),
    tls: parseTls(settings.node('tls'), complain),
    mysql: outsideMysql(settings.node('mysql'), complain),
    developersInitial: settings.names('developers_initial') ?? DEVELOPERS_INITIAL,
    limits: parseLimits(settings.node('limits'), complain),
    quotas: parseQuotas(settings.node('quotas'), complain),
    logs: parseLogs(settings.node('logs'), complain),
  }
  if (diagnostics.length > 0) throw new EdgeyardError('YARD_SETTINGS', `Cannot use ${file}`, { diagnostics })
  return parsed
}

function outsideMysql(node: Node | undefined, complain: Complain): OutsideMysql | null {
  if (node === undefined) return null
  if (!isMap(node)) {
    complain(startOf(node), `mysql must be a map of ${MYSQL_KEYS.join(', ')}`)
    return null
  }
  const fields = fieldsOf(node, MYSQL_KEYS, complain)
  return {
    host: fields.needed('host', fields.host('host')) ?? '',
    port: fields.port('port', PORT_MAX, 1) ?? 3306,
    user: fields.needed('user', fields.text('user')) ?? '',
    password: fields.text('password') ?? '',
    database: fields.needed('database', fields.text('database')) ?? '',
  }
}
