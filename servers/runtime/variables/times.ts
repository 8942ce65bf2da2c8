// `$time_local` and `$time_iso8601`: written once a second, however many requests ask.

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

interface Written {
  readonly second: number
  readonly local: string
  readonly iso8601: string
}

let written: Written = { second: -1, local: '', iso8601: '' }

/** `21/Nov/2026:00:41:26 +0000`, in the zone of the process. */
export function timeLocal(): string {
  return now().local
}

/** `2026-11-21T00:41:26+00:00` */
export function timeIso8601(): string {
  return now().iso8601
}

function now(): Written {
  const second = Math.trunc(Date.now() / 1000)
  if (written.second !== second) written = write(second)
  return written
}

/** Exported for its test: the zone is that of `date`. */
export function write(second: number): Written {
  const date = new Date(second * 1000)
  const two = (value: number) => String(value).padStart(2, '0')
  const offset = -date.getTimezoneOffset()
  const sign = offset < 0 ? '-' : '+'
  const [hours, minutes] = [two(Math.trunc(Math.abs(offset) / 60)), two(Math.abs(offset) % 60)]
  const [day, month, year] = [two(date.getDate()), date.getMonth(), date.getFullYear()]
  const time = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`
  return {
    second,
    local: `${day}/${MONTHS[month]}/${year}:${time} ${sign}${hours}${minutes}`,
    iso8601: `${year}-${two(month + 1)}-${day}T${time}${sign}${hours}:${minutes}`,
  }
}
