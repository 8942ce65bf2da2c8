// `expires`: Expires and Cache-Control as ngx_http_headers_filter_module sets them.
import type { ExpiresConf } from '../../contract/conf/conf.ts'
import { evaluate } from '../variables/evaluate.ts'
import { getsHeaders, type Headers, headerOf, without } from './headers.ts'
import type { ReplyFilter } from './plan-filters.ts'

/** Undefined for `off`. */
export function planExpires(conf: ExpiresConf): ReplyFilter | undefined {
  if (conf.kind === 'off') return undefined
  return (reply, request) => {
    if (!getsHeaders(reply.status)) return reply
    const modified = Date.parse(headerOf(reply.headers, 'last-modified') ?? '')
    const now = Math.trunc(Date.now() / 1000)
    const told = conf.kind === 'text' ? parseExpires(evaluate(conf.value, request)) : conf
    const added = expiresHeaders(told, { now, modified: Number.isNaN(modified) ? undefined : modified / 1000 })
    if (added.length === 0) return reply
    return { ...reply, headers: [...without(reply.headers, 'expires', 'cache-control'), ...added] }
  }
}

type Told = Exclude<ExpiresConf, { kind: 'text' }>

/** In seconds since 1970. `modified`: of the file that is sent. */
export function expiresHeaders(conf: Told, { now, modified }: { now: number; modified: number | undefined }): Headers {
  switch (conf.kind) {
    case 'off':
      return []
    case 'epoch':
      return headers(1, 'no-cache')
    case 'max':
      return headers(END_OF_TIME, 'max-age=315360000')
    case 'daily': {
      const at = nextTime(conf.secondOfDay, now)
      return headers(at, `max-age=${at - now}`)
    }
    case 'time': {
      const at = (conf.modified ? (modified ?? now) : now) + conf.seconds
      return headers(at, conf.seconds < 0 || at < now ? 'no-cache' : `max-age=${at - now}`)
    }
  }
}

/** The value of a variable: `off`, `epoch`, `max`, `@15h30m`, `24h`, `-1`. Anything else is `off`, as in nginx. */
export function parseExpires(text: string): Told {
  if (text === 'epoch' || text === 'max') return { kind: text }
  const match =
    /^([@+-]?)(?=\d)(?:(\d+)y)?\s*(?:(\d+)M)?\s*(?:(\d+)w)?\s*(?:(\d+)d)?\s*(?:(\d+)h)?\s*(?:(\d+)m)?\s*(?:(\d+)s?)?$/.exec(
      text,
    )
  if (match === null) return { kind: 'off' }
  const seconds = UNITS.reduce((sum, unit, i) => sum + unit * Number(match[i + 2] ?? 0), 0)
  if (match[1] !== '@') return { kind: 'time', seconds: match[1] === '-' ? -seconds : seconds, modified: false }
  return seconds < DAY ? { kind: 'daily', secondOfDay: seconds } : { kind: 'off' }
}

const DAY = 86_400
/** nginx's seconds of a year, month, week, day, hour, minute, second. */
const UNITS = [365 * DAY, 30 * DAY, 7 * DAY, DAY, 3600, 60, 1]
/** Thu, 31 Dec 2037 23:55:55 GMT: nginx's `max`. */
const END_OF_TIME = 2_145_916_555

function headers(expiresAt: number, cacheControl: string): Headers {
  return [
    ['expires', new Date(expiresAt * 1000).toUTCString()],
    ['cache-control', cacheControl],
  ]
}

/** When the local clock shows that time next. */
function nextTime(secondOfDay: number, now: number): number {
  const day = new Date(now * 1000)
  const at = () => new Date(day.getFullYear(), day.getMonth(), day.getDate(), 0, 0, secondOfDay).getTime() / 1000
  const today = at()
  if (today > now) return today
  day.setDate(day.getDate() + 1)
  return at()
}
