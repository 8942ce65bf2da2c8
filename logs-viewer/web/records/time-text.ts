// Times as people read them: UTC or the browser's own zone, with milliseconds.

/** What a row shows: `12:00:00.123`. */
export function clockOf(time: string, isLocal: boolean): string {
  if (!isLocal) return time.slice(11, 23)
  const date = new Date(time)
  const two = (value: number) => String(value).padStart(2, '0')
  const seconds = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`
  return `${seconds}.${String(date.getMilliseconds()).padStart(3, '0')}`
}

/** `2026-11-20`. */
export function dayOf(time: string, isLocal: boolean): string {
  if (!isLocal) return time.slice(0, 10)
  const date = new Date(time)
  const two = (value: number) => String(value).padStart(2, '0')
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
}

/** `Fri 20 Nov 2026`, of a day as `dayOf` gives it. */
export function dayText(day: string): string {
  const date = new Date(`${day}T00:00:00Z`)
  if (Number.isNaN(date.getTime())) return day
  const part = (options: Intl.DateTimeFormatOptions) => date.toLocaleDateString('en', { ...options, timeZone: 'UTC' })
  return `${part({ weekday: 'short' })} ${date.getUTCDate()} ${part({ month: 'short' })} ${date.getUTCFullYear()}`
}

/** `20 Nov 12:00`, with seconds where a minute is long. */
export function momentText(ms: number, isLocal: boolean, withSeconds = false): string {
  const time = new Date(ms).toISOString()
  const [, month, day] = dayText(dayOf(time, isLocal)).split(' ')
  return `${month} ${day} ${clockOf(time, isLocal).slice(0, withSeconds ? 8 : 5)}`
}

/** `3 min ago`. */
export function agoText(time: string, nowMs: number): string {
  const seconds = Math.max(0, (nowMs - Date.parse(time)) / 1000)
  if (seconds < 60) return `${Math.floor(seconds)} s ago`
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`
  if (seconds < 48 * 3600) return `${Math.floor(seconds / 3600)} h ago`
  return `${Math.floor(seconds / 86_400)} d ago`
}

/** `UTC`, or how far the browser's zone is from it. */
export function zoneText(isLocal: boolean): string {
  if (!isLocal) return 'UTC'
  const minutes = -new Date().getTimezoneOffset()
  const sign = minutes < 0 ? '−' : '+'
  const rest = Math.abs(minutes) % 60
  const hours = Math.floor(Math.abs(minutes) / 60)
  return `UTC${sign}${hours}${rest === 0 ? '' : `:${String(rest).padStart(2, '0')}`}`
}
