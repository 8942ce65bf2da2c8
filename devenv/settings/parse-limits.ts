// `limits:` of yard.yml:
//
//   limits:
//     memory: 1g
//     cpu: 2                 # processors
//     processes: 256
//     open_files: 65536
//     outbound: on           # connections to other machines
//     developers:
//       ana: { memory: 2g, outbound: off }
import { isMap, type Node } from 'yaml'
import { isDeveloperName } from '../../servers/contract/names.ts'
import { DEFAULT_LIMITS, type Limits, type YardLimits } from './limits.ts'
import { type Complain, fieldsOf, parseSize, startOf } from './settings-fields.ts'

const KEYS = ['memory', 'cpu', 'processes', 'open_files', 'outbound']

/** Node itself does not start with less. */
const MEMORY_BYTES_MIN = 128 * 1024 ** 2
const CPUS_MIN = 0.05
const CPUS_MAX = 1024
/** Node begins with eleven threads. */
const PROCESSES_MIN = 32
const PROCESSES_MAX = 1_000_000
const OPEN_FILES_MIN = 64
const OPEN_FILES_MAX = 1_048_576

/** Pure. What is missing has its default; what is wrong is complained about where it stands. */
export function parseLimits(node: Node | undefined, complain: Complain): YardLimits {
  const everybody = parseMap(node, 'limits', [...KEYS, 'developers'], complain)
  const developers: Record<string, Partial<Limits>> = {}
  const people = isMap(node) ? (node.get('developers', true) as Node | undefined) : undefined
  if (isMap(people)) {
    for (const name of people.items.map(({ key }) => String(key))) {
      if (isDeveloperName(name)) {
        const one = people.get(name, true) as Node | undefined
        developers[name] = parseMap(one, `limits of ${name}`, KEYS, complain)
      } else complain(startOf(people), `"${name}" cannot be a developer's name`)
    }
  } else if (people !== undefined) complain(startOf(people), 'developers must be a map of names to their limits')
  return { everybody: { ...DEFAULT_LIMITS, ...everybody }, developers }
}

function parseMap(node: Node | undefined, what: string, keys: readonly string[], complain: Complain): Partial<Limits> {
  if (node === undefined) return {}
  if (!isMap(node)) {
    complain(startOf(node), `${what} must be a map of ${keys.join(', ')}`)
    return {}
  }
  const { one } = fieldsOf(node, keys, complain)
  const number = (name: string, min: number, max: number, whole = true) =>
    one(
      name,
      (value) => {
        const good = typeof value === 'number' && value >= min && value <= max && (!whole || Number.isInteger(value))
        return good ? value : undefined
      },
      `a ${whole ? 'whole ' : ''}number from ${min} to ${max}`,
    )
  return defined({
    memoryBytes: one(
      'memory',
      (value) => atLeast(parseSize(value), MEMORY_BYTES_MIN),
      'a size from 128m on, e.g. 512m or 1g',
    ),
    cpus: number('cpu', CPUS_MIN, CPUS_MAX, false),
    processes: number('processes', PROCESSES_MIN, PROCESSES_MAX),
    openFiles: number('open_files', OPEN_FILES_MIN, OPEN_FILES_MAX),
    outbound: one('outbound', parseSwitch, 'on or off'),
  })
}

function atLeast(value: number | undefined, min: number): number | undefined {
  return value === undefined || value < min ? undefined : value
}

/** YAML 1.2 reads `on` and `off` as texts, and only `true` and `false` as what they mean. */
function parseSwitch(value: unknown): boolean | undefined {
  if (value === 'on' || value === true) return true
  return value === 'off' || value === false ? false : undefined
}

type Defined<T> = { [K in keyof T]?: NonNullable<T[K]> }
function defined<T extends object>(values: T): Defined<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Defined<T>
}
