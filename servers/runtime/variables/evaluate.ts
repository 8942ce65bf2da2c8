// A text of the conf with its variables filled in, for one request.
import type { Text } from '../../contract/conf/conf.ts'
import type { ServedRequest } from '../served-request.ts'

export function evaluate(text: Text, request: ServedRequest): string {
  return text.map((part) => (typeof part === 'string' ? part : variableOf(part.variable, request))).join('')
}

/** Empty for one that is not set, as in nginx. */
function variableOf(name: string, request: ServedRequest): string {
  return request.variables?.get(name) ?? request.plan.location.env[name] ?? ''
}
