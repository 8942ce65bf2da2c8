// yard.yml → settings, or one error that names every place that is wrong.
import { readFile } from 'node:fs/promises'
import { isIP } from 'node:net'
import { basename } from 'node:path'
import { isMap, isScalar, isSeq, LineCounter, type Node, parseDocument, type YAMLMap } from 'yaml'
import { type Diagnostic, locate } from '../../servers/contract/diagnostic.ts'
import { EdgeyardError, messageOf } from '../../servers/contract/errors.ts'
import { isDeveloperName, MASTER } from '../../servers/contract/names.ts'
import { PORT_BLOCK, planPorts } from '../sandbox/ports.ts'
import { DEFAULT_HOST, DEVELOPERS_INITIAL, type OutsideMysql, type YardSettings } from './settings.ts'

const KEYS = ['host', 'ports_from', 'ssh_port', 'viewer_port', 'mysql', 'developers_initial']
const MYSQL_KEYS = ['host', 'port', 'user', 'password', 'database']

/** Ports below are for root only, and no yard needs them. */
const PORT_MIN = 1024
const PORT_MAX = 65_535

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
    mysql: outsideMysql(settings.node('mysql'), complain),
    developersInitial: settings.names('developers_initial') ?? DEVELOPERS_INITIAL,
  }
  if (diagnostics.length > 0) throw new EdgeyardError('YARD_SETTINGS', `Cannot use ${file}`, { diagnostics })
  return parsed
}

type Complain = (offset: number, message: string, hint?: string) => void

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

/** Typed access to one map, in which every unexpected key and value is complained about once, where it stands. */
function fieldsOf(map: YAMLMap | undefined, keys: readonly string[], complain: Complain) {
  const nodes = new Map<string, Node>()
  for (const { key, value } of map?.items ?? []) {
    const name = String(isScalar(key) ? key.value : key)
    if (!keys.includes(name))
      complain(startOf(key as Node), `Unknown setting "${name}"`, `known are ${keys.join(', ')}`)
    else if (value !== null && !(isScalar(value) && value.value === null)) nodes.set(name, value as Node)
  }

  function one<T>(name: string, parse: (value: unknown) => T | undefined, wanted: string): T | undefined {
    const node = nodes.get(name)
    if (node === undefined) return undefined
    const value = parse(isScalar(node) ? node.value : undefined)
    if (value === undefined) complain(startOf(node), `${name} must be ${wanted}`)
    return value
  }

  return {
    node: (name: string) => nodes.get(name),
    needed<T>(name: string, value: T | undefined): T | undefined {
      if (!nodes.has(name)) complain(map === undefined ? 0 : startOf(map), `mysql needs ${name}`)
      return value
    },
    text: (name: string) => one(name, (value) => (typeof value === 'string' ? value : undefined), 'a text'),
    host: (name: string) => one(name, parseHost, 'an IP address or a host name'),
    port: (name: string, max = PORT_MAX, min = PORT_MIN) =>
      one(
        name,
        (value) =>
          Number.isInteger(value) && Number(value) >= min && Number(value) <= max ? Number(value) : undefined,
        `a port from ${min} to ${max}`,
      ),
    names(name: string): readonly string[] | undefined {
      const node = nodes.get(name)
      if (node === undefined) return undefined
      if (!isSeq(node)) {
        complain(startOf(node), `${name} must be a list of names`)
        return undefined
      }
      const names = node.items.map((item) => {
        const text = String(isScalar(item) ? item.value : item)
        if (!isDeveloperName(text) || text === MASTER)
          complain(startOf(item as Node), `"${text}" cannot be a developer's name`)
        return text
      })
      return [...new Set(names)]
    },
  }
}

function parseHost(value: unknown): string | undefined {
  if (typeof value !== 'string' || value.length > 253) return undefined
  return isIP(value) !== 0 || /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/i.test(value) ? value : undefined
}

function startOf(node: Node): number {
  return node.range?.[0] ?? 0
}
