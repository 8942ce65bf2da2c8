// A yard's log folders in a temporary place, written as its collector writes them.
import { appendFileSync, mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface YardFixture {
  readonly root: string
  file(server: string, developer: string, day: string): string
  /** Appends a record that was received then; the day of its file follows from it. */
  put(server: string, developer: string, received: string, body?: Readonly<Record<string, unknown>>): void
  remove(): void
}

export function createYardFixture(): YardFixture {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'edgeyard-viewer-')))
  const file = (server: string, developer: string, day: string) => join(root, server, developer, 'logs', `${day}.jsonl`)
  return {
    root,
    file,
    put(server, developer, received, body = {}) {
      mkdirSync(join(root, server, developer, 'logs'), { recursive: true })
      const record = { received, time: received, severity: 'info', message: received, pid: 1, seq: 1, ...body }
      appendFileSync(file(server, developer, received.slice(0, 10)), `${JSON.stringify(record)}\n`)
    },
    remove: () => rmSync(root, { recursive: true, force: true }),
  }
}
