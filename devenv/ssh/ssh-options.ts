// What the SSH server is given.
import type { RepositoryName } from '../../servers/contract/names.ts'
import type { Severity } from '../../servers/contract/record.ts'
import type { YardLayout } from '../sandbox/layout.ts'
import type { YardQuotas } from '../sandbox/quotas.ts'

export interface SshOptions {
  readonly layout: YardLayout
  /** How large a push may be. Default: QUOTAS_DEFAULT. */
  readonly quotas?: YardQuotas
  readonly host: string
  /** 0: any free one. */
  readonly port: number
  /** What a fetch should see is written then. */
  beforeFetch?(): Promise<void>
  /** A push of somebody begins, who may push there; `gone`: it is over. */
  onPush?(push: { readonly repository: RepositoryName; readonly developer: string }, gone: AbortSignal): void
  /** Told of logins and commands: the yard's audit trail. Nothing a client chose freely is in `message`. */
  onRecord?(record: { severity: Severity; message: string; fields: Readonly<Record<string, unknown>> }): void
}
