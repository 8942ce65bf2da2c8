// How a program of this project is started in a confined place: what it must see, and what it is told.
import { existsSync } from 'node:fs'
import { join } from 'node:path'

/** What a program of ours reads to run at all; package.json says that its files are modules. */
export function projectPaths(projectRoot: string): string[] {
  return ['package.json', 'dist', 'node_modules']
    .map((name) => join(projectRoot, name))
    .filter((path) => existsSync(path))
}

/** Its whole environment, beside what the caller adds. */
export function nodeEnvironment(): Record<string, string> {
  return {
    PATH: '/usr/local/bin:/usr/bin:/bin',
    HOME: '/tmp',
    LANG: 'C.UTF-8',
    NODE_ENV: 'production',
  }
}

/**
 * What Node is given for a daemon: small spaces for new objects. It works in bursts, and would keep 30 MiB of them for the next
 * one. `npm start` in package.json says the same.
 */
export const DAEMON_NODE_FLAGS: readonly string[] = ['--max-semi-space-size=1']

/**
 * What glibc is given for a daemon, in its environment (mallopt(3)): few arenas, and what is free at the end of one goes back at once. The
 * start of a yard needs a lot for a moment; with 500 sandboxes that sleep 120 MiB stayed of it, and 75 do so. No child inherits it.
 */
export const DAEMON_ENVIRONMENT: Readonly<Record<string, string>> = {
  MALLOC_ARENA_MAX: '2',
  MALLOC_TRIM_THRESHOLD_: '131072',
}
