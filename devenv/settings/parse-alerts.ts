// `alerts:` below `logs:` of yard.yml, whom to tell of errors:
//
//   alerts:
//     webhook: https://chat.example/hooks/4711     # or a list of them
//     mail:
//       to: [ops@studio.example]
//       from: yard@studio.example
//       host: smtp.studio.example
//       port: 587
//       user: yard
//       password: …
//     errors_per_minute: 30    # of one sandbox; left out: only new errors, and resolved ones that came back
//     quiet_minutes: 30
import { isMap, isScalar, isSeq, type Node } from 'yaml'
import type { AlertMail, AlertSettings } from '../../servers/contract/alerts.ts'
import { type Complain, fieldsOf, PORT_MAX, startOf } from './settings-fields.ts'

const KEYS = ['webhook', 'mail', 'errors_per_minute', 'quiet_minutes']
const MAIL_KEYS = ['to', 'from', 'host', 'port', 'user', 'password']

/** More people are a mailing list's business. */
const ADDRESSES_MAX = 20
const QUIET_MINUTES_DEFAULT = 30
/** A week. */
const QUIET_MINUTES_MAX = 7 * 24 * 60
const ERRORS_MAX = 1_000_000
/** By convention TLS from the first byte on. */
const SMTPS_PORT = 465

const ADDRESS = /^[^\s@<>,;"]{1,64}@[a-z0-9.-]{1,253}$/i

/** Pure. Null: nobody is told. */
export function parseAlerts(node: Node | undefined, complain: Complain): AlertSettings | null {
  if (node === undefined) return null
  if (!isMap(node)) {
    complain(startOf(node), `alerts must be a map of ${KEYS.join(', ')}`)
    return null
  }
  const fields = fieldsOf(node, KEYS, complain)
  const settings: AlertSettings = {
    webhooks: listOf(
      fields.node('webhook'),
      { what: 'webhook', wanted: 'an http or https address', isOne: isUrl },
      complain,
    ),
    mail: parseMail(fields.node('mail'), complain),
    errorsPerMinute:
      fields.one('errors_per_minute', wholeTo(ERRORS_MAX), `a whole number from 1 to ${ERRORS_MAX}`) ?? null,
    quietMinutes:
      fields.one('quiet_minutes', wholeTo(QUIET_MINUTES_MAX), `a whole number from 1 to ${QUIET_MINUTES_MAX}`) ??
      QUIET_MINUTES_DEFAULT,
  }
  if (fields.node('webhook') === undefined && fields.node('mail') === undefined)
    complain(startOf(node), 'alerts need a webhook or a mail')
  return settings
}

function parseMail(node: Node | undefined, complain: Complain): AlertMail | null {
  if (node === undefined) return null
  if (!isMap(node)) {
    complain(startOf(node), `mail must be a map of ${MAIL_KEYS.join(', ')}`)
    return null
  }
  const fields = fieldsOf(node, MAIL_KEYS, complain)
  for (const needed of ['to', 'from', 'host'])
    if (fields.node(needed) === undefined) complain(startOf(node), `mail needs ${needed}`)
  const user = fields.text('user')
  const port = fields.port('port', PORT_MAX, 1) ?? 25
  return {
    to: listOf(fields.node('to'), { what: 'to', wanted: 'an address, name@host', isOne: isAddress }, complain),
    from: fields.one('from', (value) => (isAddress(value) ? value : undefined), 'an address, name@host') ?? '',
    host: fields.host('host') ?? '',
    port,
    secure: port === SMTPS_PORT,
    login: user === undefined ? null : { user, password: fields.text('password') ?? '' },
  }
}

/** One of them, or a list. */
function listOf(
  node: Node | undefined,
  { what, wanted, isOne }: { what: string; wanted: string; isOne(value: unknown): value is string },
  complain: Complain,
): readonly string[] {
  if (node === undefined) return []
  const items = isSeq(node) ? (node.items as Node[]) : [node]
  if (items.length === 0 || items.length > ADDRESSES_MAX)
    complain(startOf(node), `${what} may have 1 to ${ADDRESSES_MAX} entries`)
  return items.flatMap((item) => {
    const value = isScalar(item) ? item.value : undefined
    if (isOne(value)) return value
    complain(startOf(item), `${what} must be ${wanted}`)
    return []
  })
}

function isUrl(value: unknown): value is string {
  return typeof value === 'string' && /^https?:\/\//.test(value) && URL.canParse(value)
}

function isAddress(value: unknown): value is string {
  return typeof value === 'string' && ADDRESS.test(value)
}

function wholeTo(max: number): (value: unknown) => number | undefined {
  return (value) => (Number.isInteger(value) && Number(value) >= 1 && Number(value) <= max ? Number(value) : undefined)
}
