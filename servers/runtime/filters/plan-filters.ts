// What is done to a reply before it leaves: `expires`, `add_header`, the script's `headers` hook, gzip.
import type { LocationConf } from '../../contract/conf/conf.ts'
import type { WireReply } from '../../transport/port.ts'
import type { ServedRequest } from '../served-request.ts'

export type ReplyFilter = (reply: WireReply, request: ServedRequest) => WireReply | Promise<WireReply>

export function planFilters(location: LocationConf): readonly ReplyFilter[] {
  return location.handler.kind === 'script' ? [headersHook] : []
}

const headersHook: ReplyFilter = (reply, { run }) => run?.headers(reply) ?? reply
