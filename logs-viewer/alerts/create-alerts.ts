// Telling people of errors, as one thing that starts and stops.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ALERTS_FILE, type AlertConfig } from '../../servers/contract/alerts.ts'
import { messageOf } from '../../servers/contract/errors.ts'
import type { Judgements } from '../state/judgements.ts'
import { createKnownErrors } from '../state/known-errors.ts'
import type { RecordStore } from '../store/record-store.ts'
import { createDelivery, type DeliveryOptions } from './delivery.ts'
import { mail } from './mail.ts'
import { watchErrors } from './watch-errors.ts'
import { webhook } from './webhook.ts'

export interface AlertOptions {
  readonly store: RecordStore
  readonly judgements: Judgements
  /** Where the config is. */
  readonly access: string
  /** The viewer's own folder. */
  readonly folder: string
  /** A line for the log. */
  print(line: string): void
  now(): number
  /** Shorter waits, for tests. */
  readonly waits?: Pick<DeliveryOptions, 'gatherMs' | 'retryFirstMs'> & { readonly lookAfterMs: number }
}

/** Null when nobody is to be told. */
export async function createAlerts(options: AlertOptions): Promise<{ close(): Promise<void> } | null> {
  const { store, judgements, access, folder, print, now, waits } = options
  const text = await readFile(join(access, ALERTS_FILE), 'utf8').catch(() => null)
  if (text === null) return null
  // Written by devenv from what it has looked at.
  const config = JSON.parse(text) as AlertConfig
  const tell = (severity: 'notice' | 'error', message: string) => print(`logs-viewer: [${severity}] ${message}`)
  const places = [
    ...config.webhooks.map((url) => webhook(url, config.page)),
    ...(config.mail === null ? [] : [mail(config.mail, config.page)]),
  ]
  const deliveries = places.map((place) => createDelivery(place, { tell, now, ...waits }))
  const watch = watchErrors({
    ...{ store, judgements, now, ...waits },
    errorsPerMinute: config.errorsPerMinute,
    quietMinutes: config.quietMinutes,
    known: await createKnownErrors(join(folder, 'known-errors.json')),
    onAlert(alert) {
      for (const delivery of deliveries) delivery.add(alert)
    },
    onFailure: (error) => tell('error', `Cannot look for new errors: ${messageOf(error)}`),
  })
  return {
    async close() {
      for (const delivery of deliveries) delivery.close()
      await watch.close()
    },
  }
}
