// `logs:` of yard.yml, how long records stay and who sees them:
//
//   logs:
//     plain_days: 7          # as JSON lines; then the Parquet of a day is all there is of it
//     keep_days: 30
//     keep_error_days: 90    # `error` and worse
//     keep_bytes: 10g        # of all developers together
//     visibility: own        # all: who is logged in sees everybody's
//     alerts:                # see parse-alerts.ts
import { isMap, type Node } from 'yaml'
import { LOG_VISIBILITIES } from '../../servers/contract/access.ts'
import { parseAlerts } from './parse-alerts.ts'
import { DEFAULT_LOGS, type YardLogs } from './settings.ts'
import { type Complain, fieldsOf, parseSize, startOf } from './settings-fields.ts'

const KEYS = ['plain_days', 'keep_days', 'keep_error_days', 'keep_bytes', 'visibility', 'alerts']

/** Today and yesterday, to which records still come after midnight. */
const DAYS_MIN = 2
/** Ten years. */
const DAYS_MAX = 3660
/** What a busy developer writes in an hour. */
const BYTES_MIN = 64 * 1024 ** 2

/** Pure. What is missing has its default; what is wrong is complained about where it stands. */
export function parseLogs(node: Node | undefined, complain: Complain): YardLogs {
  if (node === undefined) return DEFAULT_LOGS
  if (!isMap(node)) {
    complain(startOf(node), `logs must be a map of ${KEYS.join(', ')}`)
    return DEFAULT_LOGS
  }
  const fields = fieldsOf(node, KEYS, complain)
  const days = (name: string) =>
    fields.one(
      name,
      (value) =>
        Number.isInteger(value) && Number(value) >= DAYS_MIN && Number(value) <= DAYS_MAX ? Number(value) : undefined,
      `a whole number of days from ${DAYS_MIN} to ${DAYS_MAX}`,
    )
  const keepDays = days('keep_days') ?? DEFAULT_LOGS.keepDays
  const keepErrorDays = days('keep_error_days')
  const plainDays = days('plain_days')
  // A default never contradicts what was said.
  const logs: YardLogs = {
    plainDays: plainDays ?? Math.min(DEFAULT_LOGS.plainDays, keepDays),
    keepDays,
    keepErrorDays: keepErrorDays ?? Math.max(DEFAULT_LOGS.keepErrorDays, keepDays),
    keepBytes: fields.one('keep_bytes', parseBytes, 'a size from 64m on, e.g. 10g') ?? DEFAULT_LOGS.keepBytes,
    visibility:
      fields.one(
        'visibility',
        (value) => LOG_VISIBILITIES.find((each) => each === value),
        LOG_VISIBILITIES.join(' or '),
      ) ?? DEFAULT_LOGS.visibility,
    alerts: parseAlerts(fields.node('alerts'), complain),
  }
  if (logs.plainDays > logs.keepDays)
    complain(startOf(fields.node('plain_days')!), `plain_days must not be more than keep_days, ${logs.keepDays}`)
  if (logs.keepErrorDays < logs.keepDays)
    complain(startOf(fields.node('keep_error_days')!), `keep_error_days must not be less than keep_days, ${keepDays}`)
  return logs
}

function parseBytes(value: unknown): number | undefined {
  const bytes = parseSize(value)
  return bytes === undefined || bytes < BYTES_MIN ? undefined : bytes
}
