// `tls:` of yard.yml, the files of a certificate and its key:
//
//   tls:
//     certificate: /etc/ssl/yard.pem
//     key: /etc/ssl/yard.key
import { isAbsolute } from 'node:path'
import { isMap, type Node } from 'yaml'
import type { TlsFiles } from './settings.ts'
import { type Complain, fieldsOf, startOf } from './settings-fields.ts'

const KEYS = ['certificate', 'key']

/** Pure: whether the files are any good is for whoever reads them. */
export function parseTls(node: Node | undefined, complain: Complain): TlsFiles | null {
  if (node === undefined) return null
  if (!isMap(node)) {
    complain(startOf(node), `tls must be a map of ${KEYS.join(' and ')}`)
    return null
  }
  const fields = fieldsOf(node, KEYS, complain)
  const file = (name: string) => {
    if (fields.node(name) === undefined) complain(startOf(node), `tls needs ${name}`)
    const isPath = (value: unknown) => (typeof value === 'string' && isAbsolute(value) ? value : undefined)
    return fields.one(name, isPath, 'the absolute path of a PEM file') ?? ''
  }
  return { certificate: file('certificate'), key: file('key') }
}
