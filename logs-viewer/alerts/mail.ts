// Alerts as a mail, through nodemailer: it knows TLS, logins and what a header may hold.
import { createTransport } from 'nodemailer'
import type { AlertMail } from '../../servers/contract/alerts.ts'
import { renderText, renderTitle } from './alert.ts'
import type { Place } from './delivery.ts'

const TIMEOUT_MS = 10_000

export function mail({ to, from, host, port, secure, login }: AlertMail, page: string): Place {
  const transport = createTransport({
    ...{ host, port, secure },
    ...(login === null ? {} : { auth: { user: login.user, pass: login.password } }),
    ...{
      connectionTimeout: TIMEOUT_MS,
      greetingTimeout: TIMEOUT_MS,
      socketTimeout: TIMEOUT_MS,
      dnsTimeout: TIMEOUT_MS,
    },
    // Nothing that is logged becomes a file or an address to read from.
    ...{ disableFileAccess: true, disableUrlAccess: true },
  })
  return {
    name: `the mail server ${host}`,
    async send(alerts, left) {
      const [first] = alerts
      const more = alerts.length + left - 1
      await transport.sendMail({
        ...{ from, to: [...to] },
        subject: `[edgeyard] ${renderTitle(first!)}${more === 0 ? '' : ` (and ${more} more)`}`,
        text: `${renderText(alerts, { page, left })}\n`,
        headers: { 'auto-submitted': 'auto-generated' },
      })
    },
  }
}
