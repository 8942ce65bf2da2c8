// Our own error codes, in the range that JSON-RPC leaves to servers. The README lists them.
import { RpcError } from './json-rpc.ts'

/** Turns what is thrown while Redis is away into an answer; whatever else was thrown stays what it is. */
export function asAnswer(error: unknown): unknown {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined
  if (code !== 'STORE_UNAVAILABLE' && code !== 'STORE_BUSY') return error
  return new RpcError(-32000, 'Store unavailable', 'Redis does not answer, try again')
}

export function notFound(key: string): RpcError {
  return new RpcError(-32001, 'Not found', { key })
}

export function checkFailed(key: string, faults: string[]): RpcError {
  return new RpcError(-32002, 'Check failed', { key, faults })
}

export function notJson(key: string): RpcError {
  return new RpcError(-32003, 'Stored value is not JSON', { key })
}
