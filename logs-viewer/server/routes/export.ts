// Everything that a question finds, as a file, oldest first. Streamed: a bounded part of it is in memory, however long it gets.
import { once } from 'node:events'
import type { Audit } from '../../access/audit.ts'
import { addressOf, type Gate } from '../../access/gate.ts'
import { EXPORT_FORMATS, type ExportFormat } from '../../query/wire.ts'
import type { RecordStore } from '../../store/record-store.ts'
import { HEADERS } from '../answer.ts'
import { EXPORT_HEADS, renderExported } from '../render-exported.ts'
import { BadRequest, type Route, readQuestion, TooMany } from '../route.ts'

const TYPES: Readonly<Record<ExportFormat, string>> = {
  ndjson: 'application/x-ndjson; charset=utf-8',
  csv: 'text/csv; charset=utf-8; header=present',
  text: 'text/plain; charset=utf-8',
}
const ENDINGS: Readonly<Record<ExportFormat, string>> = { ndjson: 'ndjson', csv: 'csv', text: 'txt' }

export function exportRoutes({
  gate,
  store,
  audit,
}: {
  gate: Gate
  store: RecordStore
  audit: Audit
}): readonly Route[] {
  return [
    {
      method: 'GET',
      path: '/api/export',
      async handle(ask) {
        const { request, response, parameters, scope, visitor } = ask
        const wanted = parameters.get('format') ?? 'ndjson'
        const format = EXPORT_FORMATS.find((one) => one === wanted)
        if (format === undefined) throw new BadRequest(`format has to be one of ${EXPORT_FORMATS.join(', ')}`)
        const question = readQuestion(ask)
        const signal = gate.hold(visitor, response)
        if (signal === null) throw new TooMany('exports and tails')
        parameters.delete('format')
        audit({
          ...{ who: visitor.who, act: 'export', target: `${format} ${parameters}`, result: 'done' },
          from: addressOf(request),
        })
        response.writeHead(200, {
          ...HEADERS,
          'content-type': TYPES[format],
          'content-disposition': `attachment; filename="records.${ENDINGS[format]}"`,
          'cache-control': 'no-store',
        })
        response.write(EXPORT_HEADS[format])
        try {
          for await (const records of store.stream({ question, scope, signal })) {
            const isRoom = response.write(records.map((record) => renderExported(record, format)).join(''))
            if (!isRoom) await once(response, 'drain', { signal })
            signal.throwIfAborted()
          }
          response.end()
        } catch (error) {
          // What was cut off must not look whole.
          response.destroy()
          if (!signal.aborted) throw error
        }
      },
    },
  ]
}
