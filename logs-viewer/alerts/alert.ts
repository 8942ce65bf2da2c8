// One thing to tell somebody of, and how it reads.
import type { Source } from '../query/wire.ts'

/** `new`: a group of errors that was never seen before. `back`: one that was resolved. `rate`: many errors of one sandbox. */
export type AlertKind = 'new' | 'back' | 'rate'

export interface Alert {
  readonly kind: AlertKind
  readonly source: Source
  /** The first line of the newest record, or what the rate is. */
  readonly title: string
  /** ISO 8601 UTC. */
  readonly at: string
  /** Of the group; not of a rate. */
  readonly fingerprint?: string
  readonly release?: string
}

/** Of a title in a message: whoever wants more follows the link. */
const TITLE_LENGTH_MAX = 200

const WORDS: Readonly<Record<AlertKind, string>> = { new: 'New error', back: 'Came back', rate: 'Many errors' }

/** Where the page shows it. */
export function linkTo({ source, at }: Alert, page: string): string {
  const { developer, server } = source
  // The page gives what came around it.
  const from = new Date(Date.parse(at) - 5 * 60_000).toISOString()
  return `${page}?${new URLSearchParams({ developer, server, severity: 'error', from })}`
}

/** One line. */
export function renderTitle({ kind, source, title }: Alert): string {
  // It becomes the subject of a mail.
  const text = title.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ').slice(0, TITLE_LENGTH_MAX)
  return `${WORDS[kind]} in ${source.server} of ${source.developer}: ${text}`
}

/** `left`: how many there was no room for. */
export function renderText(alerts: readonly Alert[], { page, left }: { page: string; left: number }): string {
  const lines = alerts.flatMap((alert) => [
    renderTitle(alert),
    `  ${[alert.at, alert.release === undefined ? '' : `release ${alert.release}`].filter(Boolean).join(', ')}`,
    `  ${linkTo(alert, page)}`,
  ])
  return [...lines, ...(left === 0 ? [] : [`… and ${left} more`])].join('\n')
}
