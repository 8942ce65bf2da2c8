// What a server takes from the world around it. A test gives it another one: no network, no disk, a clock that is moved by hand.
import { createLogger } from '../log/create-logger.ts'
import { createStores } from '../stores/create-stores.ts'
import { createTransport } from '../transport/create-transport.ts'
import { createDeadlines } from './deadlines.ts'
import { createZoneStore } from './dict/create-zone-store.ts'
import { keepAlive } from './keep-alive.ts'
import { createScriptSource } from './script-source.ts'
import { createWatchdog } from './watchdog/watchdog.ts'

export interface World {
  readonly createLogger: typeof createLogger
  readonly createStores: typeof createStores
  readonly createTransport: typeof createTransport
  readonly createDeadlines: typeof createDeadlines
  readonly createZoneStore: typeof createZoneStore
  readonly createScriptSource: typeof createScriptSource
  /** Guards the process against what a script does to it. */
  readonly keepAlive: typeof keepAlive
  readonly createWatchdog: typeof createWatchdog
  every(ms: number, tick: () => void): Ticker
}

/** Ticks until it is ended. */
export interface Ticker {
  /** The next tick comes a whole interval from now. */
  refresh(): void
  end(): void
}

export const REAL_WORLD: World = {
  createLogger,
  createStores,
  createTransport,
  createDeadlines,
  createZoneStore,
  createScriptSource,
  keepAlive,
  createWatchdog,
  every(ms, tick) {
    const timer = setInterval(tick, ms)
    return { refresh: () => void timer.refresh(), end: () => clearInterval(timer) }
  },
}
