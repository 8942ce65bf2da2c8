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
