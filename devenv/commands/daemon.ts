// The daemon, as `up` sees it: loaded only when it is to run, so that every other command starts quickly.
import type { YardStatus } from '../control/protocol.ts'
import type { YardSettings } from '../settings/settings.ts'

export interface Daemon {
  status(): Promise<YardStatus>
  stop(): Promise<void>
  readonly stopped: Promise<void>
}

export type RunDaemon = (options: {
  readonly root: string
  readonly settings: YardSettings
  readonly projectRoot: string
  onProgress(line: string): void
}) => Promise<Daemon>
