// Typed access to the settings in yard.yml: every part of it is read by the same words, and complains in the same way.
import { isIP } from 'node:net'
import { isScalar, isSeq, type Node, type YAMLMap } from 'yaml'
import { isDeveloperName, MASTER } from '../../servers/contract/names.ts'

/** Ports below are for root only, and no yard needs them. */
export const PORT_MIN = 1024
export const PORT_MAX = 65_535

/** Notes a mistake: where it stands, what it is, and what to do. */
export type Complain = (offset: number, message: string, hint?: string) => void

/** Typed access to one map, in which every unexpected key and value is complained about once, where it stands. */
export function fieldsOf(map: YAMLMap | undefined, keys: readonly string[] | null, complain: Complain) {
  const nodes = new Map<string, Node>()
  for (const { key, value } of map?.items ?? []) {
    const name = String(isScalar(key) ? key.value : key)
    if (keys !== null && !keys.includes(name))
      complain(startOf(key as Node), `Unknown setting "${name}"`, `known are ${keys.join(', ')}`)
    else if (value !== null && !(isScalar(value) && value.value === null)) nodes.set(name, value as Node)
  }

  /** `parse` gives undefined for what is not `wanted`; so does a setting that is not there. */
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
    one,
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

export function startOf(node: Node): number {
  return node.range?.[0] ?? 0
}

/** nginx's sizes: bytes, or with k, m, g. Undefined for anything else. */
export function parseSize(value: unknown): number | undefined {
  const parts = /^(\d{1,15})([kmg]?)$/i.exec(
    typeof value === 'number' || typeof value === 'string' ? String(value) : '',
  )
  if (parts === null) return undefined
  const bytes = Number(parts[1]) * 1024 ** ['', 'k', 'm', 'g'].indexOf((parts[2] ?? '').toLowerCase())
  return Number.isSafeInteger(bytes) ? bytes : undefined
}
