// What is done to a reply before it leaves: `expires`, `add_header`, the script's `headers` hook, gzip.
import type { LocationConf } from '../../contract/conf/conf.ts'
import type { WireReply } from '../../transport/port.ts'
import type { ServedRequest } from '../served-request.ts'
import { planAddHeaders } from './plan-add-headers.ts'
import { planExpires } from './plan-expires.ts'
import { planGzip } from './plan-gzip.ts'

export type ReplyFilter = (reply: WireReply, request: ServedRequest) => WireReply | Promise<WireReply>

/** In the order in which they run. Directives that are not used leave nothing behind. */
export function planFilters({ expires, addHeaders, handler, gzip }: LocationConf): readonly ReplyFilter[] {
  const hook = handler.kind === 'script' ? headersHook : undefined
  const filters = [planExpires(expires), planAddHeaders(addHeaders), hook, planGzip(gzip)]
  return filters.filter((filter) => filter !== undefined)
}

const headersHook: ReplyFilter = (reply, { run }) => run?.headers(reply) ?? reply
