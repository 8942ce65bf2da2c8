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
        const { request, response, parameters, scope, visitor, patterns } = ask
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
        const found = store.stream({ question, scope, signal, patterns })[Symbol.asyncIterator]()
        try {
          // Before the head: a pattern that takes too long does so at once, and can be told then.
          let next = await found.next()
          response.writeHead(200, {
            ...HEADERS,
            'content-type': TYPES[format],
            'content-disposition': `attachment; filename="records.${ENDINGS[format]}"`,
            'cache-control': 'no-store',
          })
          response.write(EXPORT_HEADS[format])
          for (; !next.done; next = await found.next()) {
            const isRoom = response.write(next.value.map((record) => renderExported(record, format)).join(''))
            if (!isRoom) await once(response, 'drain', { signal })
            signal.throwIfAborted()
          }
          response.end()
        } catch (error) {
          await found.return?.()
          // What was cut off must not look whole.
          if (response.headersSent || signal.aborted) response.destroy()
          if (!signal.aborted) throw error
        }
      },
    },
  ]
}
