// `quotas:` of yard.yml: how much every developer may push and keep, and who may have more or less.
import { isMap, isScalar, type Node } from 'yaml'
import { isDeveloperName, MASTER } from '../../servers/contract/names.ts'
import { QUOTAS_DEFAULT, type Quotas, type YardQuotas } from '../sandbox/quotas.ts'
import { type Complain, parseSize, startOf } from './settings-fields.ts'

const KIB = 1024
const MIB = 1024 * KIB
const GIB = 1024 * MIB

/** What each may be. A whole commit passes through memory in parts, and its list of files at once: hence the upper ends. */
const RANGES: Readonly<Record<keyof Quotas, { readonly min: number; readonly max: number; readonly bytes: boolean }>> =
  {
    push: { min: 64 * KIB, max: 4 * GIB, bytes: true },
    tree: { min: 64 * KIB, max: 4 * GIB, bytes: true },
    files: { min: 1, max: 100_000, bytes: false },
    // The live one and the one that is tried.
    releases: { min: 2, max: 1_000, bytes: false },
    disk: { min: MIB, max: 1024 * GIB, bytes: true },
  }
const KEYS = Object.keys(RANGES) as (keyof Quotas)[]

/**
 * Reads
 *
 *   quotas:
 *     push: 64m            # the largest push, as it is sent
 *     tree: 48m            # all files of a commit together
 *     files: 5000          # how many of them
 *     releases: 10         # kept of a sandbox
 *     disk: 1g             # of a developer: releases, and what their branches hold
 *     developers:
 *       dev1: { tree: 200m, disk: 4g }
 *
 * Sizes are nginx's: bytes, or with k, m, g. What is not said has its default.
 */
export function parseQuotas(node: Node | undefined, complain: Complain): YardQuotas {
  if (node === undefined) return QUOTAS_DEFAULT
  const everybody = parseSome(node, 'quotas', { ...QUOTAS_DEFAULT.everybody }, complain, ['developers'])
  const own = isMap(node) ? node.get('developers', true) : undefined
  if (own === undefined || (isScalar(own) && own.value === null)) return { everybody, developers: {} }
  if (!isMap(own)) {
    complain(startOf(own), 'quotas.developers must be a map of developers')
    return { everybody, developers: {} }
  }
  const developers = own.items.flatMap(({ key, value }) => {
    const name = String(isScalar(key) ? key.value : key)
    if (!isDeveloperName(name) && name !== MASTER) {
      complain(startOf(key as Node), `"${name}" cannot be a developer's name`)
      return []
    }
    return [[name, parseSome(value as Node, `quotas of ${name}`, everybody, complain)] as const]
  })
  return { everybody, developers: Object.fromEntries(developers) }
}

function parseSome(
  node: Node | null,
  called: string,
  base: Quotas,
  complain: Complain,
  others: readonly string[] = [],
): Quotas {
  if (!isMap(node)) {
    complain(node === null ? 0 : startOf(node), `${called} must be a map of ${KEYS.join(', ')}`)
    return base
  }
  const quotas: Record<keyof Quotas, number> = { ...base }
  for (const { key, value } of node.items) {
    const name = String(isScalar(key) ? key.value : key)
    if (others.includes(name)) continue
    if (!Object.hasOwn(RANGES, name)) {
      complain(startOf(key as Node), `Unknown quota "${name}"`, `known are ${[...KEYS, ...others].join(', ')}`)
      continue
    }
    const quota = name as keyof Quotas
    const { min, max, bytes } = RANGES[quota]
    const count = parseCount(isScalar(value) ? value.value : undefined, bytes)
    if (count !== undefined && count >= min && count <= max) quotas[quota] = count
    else
      complain(
        startOf(value as Node),
        `${quota} must be ${bytes ? 'a size, e.g. 64m,' : 'a number'} from ${min} to ${max}`,
      )
  }
  return quotas
}

function parseCount(value: unknown, bytes: boolean): number | undefined {
  return bytes || /^\d+$/.test(String(value)) ? parseSize(value) : undefined
}
