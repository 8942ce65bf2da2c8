// What `log_format … escape=` does to the values of variables (ngx_http_log_module).
import type { AccessLogConf } from '../../contract/conf/conf.ts'

export type Escape = (value: string) => string

export const ESCAPES: Readonly<Record<AccessLogConf['escape'], Escape>> = {
  /** An empty value is "-"; quotes, backslashes, controls and what is not ASCII are `\xHH`, byte by byte. */
  default(value) {
    if (value === '') return '-'
    return /["\\]|[^ -~]/.test(value) ? escapeBytes(value) : value
  },
  /** What may stand between the quotes of a JSON string. */
  json(value) {
    return /["\\]|[^ -~]/.test(value) ? JSON.stringify(value).slice(1, -1) : value
  },
  /** As it is; only a line stays a line. */
  none(value) {
    return value.replace(/[\r\n]/g, ' ')
  },
}

function escapeBytes(value: string): string {
  return value.replace(/["\\]|[^ -~]+/g, (found) => {
    let escaped = ''
    for (const byte of Buffer.from(found)) escaped += `\\x${byte.toString(16).toUpperCase().padStart(2, '0')}`
    return escaped
  })
}
