// What the operator did while no daemon ran that could write it down: kept in a file, and told by the next daemon.
import { appendFile, readFile, rm, stat } from 'node:fs/promises'
import type { YardLayout } from '../sandbox/layout.ts'
import { type AuditEntry, isAuditEntry, reportActs } from './audit-entry.ts'
import { OPERATOR } from './by.ts'

/** Some thousand acts: more than anybody does by hand between two runs of a daemon. */
const BYTES_MAX = 2 ** 20

/** Hands the operator's acts to the daemon, or leaves them for the next one. Never rejects: what was done is done. */
export async function tellActs(layout: YardLayout, entries: readonly AuditEntry[]): Promise<void> {
  if (entries.length === 0 || (await reportActs(layout.control, OPERATOR, entries))) return
  await keep(layout.untoldActs, entries).catch(() => {})
}

async function keep(file: string, entries: readonly AuditEntry[]): Promise<void> {
  const { size } = await stat(file).catch(() => ({ size: 0 }))
  if (size > BYTES_MAX) return
  const at = new Date().toISOString()
  const lines = entries.map((entry) => `${JSON.stringify({ ...entry, at })}\n`)
  await appendFile(file, lines.join(''), { mode: 0o600 })
}

/**
 * Gives what was kept to `audit`, oldest first, and forgets it: whoever acts now is heard by the daemon that asks. A line that is not
 * whole is passed over. After a daemon that was killed while it told them they are told twice rather than never.
 */
export async function tellUntold({ untoldActs }: YardLayout, audit: (entry: AuditEntry) => void): Promise<void> {
  const lines = (await readFile(untoldActs, 'utf8').catch(() => '')).split('\n')
  for (const entry of lines.map(parse).filter(isAuditEntry)) audit(entry)
  await rm(untoldActs, { force: true })
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return null
  }
}
