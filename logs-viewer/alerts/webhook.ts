// Alerts as a POST of JSON. `text` is what chats show (Slack, Mattermost, Google Chat), `content` is Discord's word for it.
import { type Alert, linkTo, renderText } from './alert.ts'
import type { Place } from './delivery.ts'

const TIMEOUT_MS = 10_000
/** Discord takes no more. */
const CONTENT_LENGTH_MAX = 2_000

export function webhook(url: string, page: string): Place {
  return {
    // The rest of such an address is as good as a password.
    name: `the webhook at ${new URL(url).host}`,
    async send(alerts, left, signal) {
      const response = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'user-agent': 'edgeyard' },
        body: JSON.stringify(renderMessage(alerts, { page, left })),
        redirect: 'error',
        signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
      })
      await response.body?.cancel()
      if (!response.ok) throw new Error(`it answers ${response.status}`)
    },
  }
}

function renderMessage(alerts: readonly Alert[], { page, left }: { page: string; left: number }) {
  const text = renderText(alerts, { page, left })
  return {
    text,
    content: text.slice(0, CONTENT_LENGTH_MAX),
    alerts: alerts.map((alert) => ({ ...alert, link: linkTo(alert, page) })),
    left,
  }
}
