// interim
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseRecordLine, RECORD_SOURCES } from '../../servers/contract/record.ts'
import { tailYard } from '../ingest/tail-yard.ts'
import { matchesQuestion } from '../query/matches-question.ts'
import type { Scope } from '../query/question.ts'
import { renderRecordId } from '../query/record-id.ts'
import type { ErrorGroup, ShownRecord } from '../query/wire.ts'
import { listLogFolders, logFilePath } from '../store/log-files.ts'
import type { Page, RecordStore } from '../store/record-store.ts'

export async function createMemoryStore(root: string): Promise<RecordStore> {
  const listeners = new Set<(records: readonly ShownRecord[]) => void>()
  const refresh = () => listLogFolders(root)
  const tail = await tailYard(root, (records) => {
    for (const listener of listeners) listener(records)
  })
  const all = async (scope: Scope): Promise<ShownRecord[]> => {
    const records: ShownRecord[] = []
    for (const folder of await refresh()) {
      if (!scope.some((one) => one.developer === folder.developer && one.server === folder.server)) continue
      for (const day of folder.days) {
        let offset = 0
        for (const line of readFileSync(logFilePath(folder, day), 'utf8').split('\n').slice(0, -1)) {
          const { server, developer } = folder
          records.push({
            id: renderRecordId({ server, developer, day, offset }),
            ...parseRecordLine(line, { server, developer }),
          })
          offset += Buffer.byteLength(line) + 1
        }
      }
    }
    return records.sort((a, b) => (a.received < b.received ? -1 : a.received > b.received ? 1 : 0))
  }
  const read = async ({ question, scope, limit, before, after }: Page) => {
    const records = await all(scope)
    const place = (id: string) => {
      const found = records.findIndex((record) => record.id === id)
      if (found === -1) throw new Error('no such id')
      return found
    }
    const upTo = before === undefined ? records.length : place(before)
    const from = after === undefined ? 0 : place(after) + 1
    const matching = records.slice(from, upTo).filter((record) => matchesQuestion(question, record))
    const page = after === undefined ? matching.slice(-limit) : matching.slice(0, limit)
    return {
      records: page,
      before: page.length < matching.length && after === undefined ? page[0]!.id : null,
      after: page.length < matching.length && after !== undefined ? page.at(-1)!.id : null,
    }
  }
  return {
    sources: () =>
      RECORD_SOURCES.flatMap((server) => {
        const folder = join(root, server)
        return existsSync(folder) ? readdirSync(folder).map((developer) => ({ server, developer })) : []
      }),
    read,
    async search(page, tell) {
      const { records, before } = await read(page)
      tell({ found: [...records].reverse() })
      tell({ done: { before } })
    },
    async context(id, { before, after, scope }) {
      const records = await all(scope)
      const found = records.find((record) => record.id === id)
      if (found === undefined) return null
      const own = records.filter(({ server, developer }) => server === found.server && developer === found.developer)
      const at = own.indexOf(found)
      return own.slice(Math.max(0, at - before), at + after + 1)
    },
    async histogram({ question, scope }) {
      const counts: Record<string, number> = {}
      for (const record of (await all(scope)).filter((one) => matchesQuestion(question, one)))
        counts[record.severity] = (counts[record.severity] ?? 0) + 1
      return { fromMs: 0, toMs: 1, stepMs: 1, buckets: [{ atMs: 0, counts }] }
    },
    async errors({ question, scope }) {
      const groups = new Map<string, ErrorGroup>()
      for (const record of (await all(scope)).filter((one) =>
        matchesQuestion({ ...question, severity: 'error' }, one),
      )) {
        const fingerprint = Buffer.from(`${record.developer}/${record.server}/${record.message}`).toString('hex')
        groups.set(fingerprint, {
          fingerprint,
          source: { developer: record.developer, server: record.server },
          severity: record.severity,
          title: record.message,
          count: (groups.get(fingerprint)?.count ?? 0) + 1,
          firstSeen: groups.get(fingerprint)?.firstSeen ?? record.received,
          lastSeen: record.received,
          lastId: record.id,
          sparkline: [],
          state: 'new',
        })
      }
      return [...groups.values()]
    },
    async *stream({ question, scope }) {
      for (const record of (await all(scope)).filter((one) => matchesQuestion(question, one))) yield [record]
    },
    follow(onRecords) {
      listeners.add(onRecords)
      return () => listeners.delete(onRecords)
    },
    async status(scope) {
      const records = await all(scope)
      return {
        records: records.length,
        bytes: 0,
        days: 1,
        oldestDay: null,
        behindMs: 0,
        gaps: { processes: 0, records: 0 },
        notes: [],
      }
    },
    close: () => tail.close(),
  }
}
