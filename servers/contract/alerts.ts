// Whom to tell of errors: `logs.alerts` of yard.yml, handed to the viewer as a file, because it may hold a password.

export interface AlertMail {
  readonly to: readonly string[]
  readonly from: string
  readonly host: string
  readonly port: number
  /** TLS from the first byte on; otherwise by STARTTLS where the server has it. */
  readonly secure: boolean
  /** Null: it asks for none. */
  readonly login: { readonly user: string; readonly password: string } | null
}

export interface AlertSettings {
  /** Told by POST, one JSON object a message. */
  readonly webhooks: readonly string[]
  readonly mail: AlertMail | null
  /** Of one sandbox: more errors a minute are told of, too; null: they are not. */
  readonly errorsPerMinute: number | null
  /** The same is not told again before that. */
  readonly quietMinutes: number
}

/** What the viewer is handed: the settings, and where its page is. */
export interface AlertConfig extends AlertSettings {
  /** `http://127.0.0.1:8088/` */
  readonly page: string
}

/** The name of the file in the folder of logins; no login can have it. */
export const ALERTS_FILE = 'alerts.conf.json'
