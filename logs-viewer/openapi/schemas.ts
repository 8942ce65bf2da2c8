// The shapes of query/wire.ts in the words of JSON Schema. A test holds what the viewer really answers against them.
import { RECORD_KINDS, SEVERITIES } from '../../servers/contract/record.ts'
import { ERROR_STATES } from '../query/wire.ts'
import { list, object, ref, type Schema, text, whole } from './schema.ts'

const TIME = { format: 'date-time' } as const
const CURSOR = (description: string): Schema => ({ type: ['string', 'null'], description })

export const SCHEMAS: Readonly<Record<string, Schema>> = {
  Refusal: object({ error: text('A sentence for people') }),
  Source: object({
    developer: text('Whose'),
    server: text('httpserver, socketserver, dtserver, redis, mysql, edgeyard'),
  }),
  Session: object({
    who: text('A developer’s name, or "operator"'),
    sources: list(ref('Source')),
    expires: text('When the login ends', TIME),
  }),
  Record: object(
    {
      id: text('developer/server/day:offset; stays the same as long as the record exists'),
      developer: text('Whose sandbox has logged it'),
      server: text('Which of its servers'),
      time: text('When it was written', TIME),
      received: text('When it arrived', TIME),
      severity: text('syslog’s', { enum: SEVERITIES }),
      message: text('One line'),
      pid: whole('Of the process'),
      kind: text('access: a line of an access log; count: only says how many there were', { enum: RECORD_KINDS }),
      run: text('The counting that seq belongs to: of a process, log file and kind'),
      seq: whole('Its number in its run'),
      release: text('Which the sandbox ran'),
      request: text('Of the request or socket event it belongs to'),
      stack: text('Of an error, in TypeScript lines'),
      fields: { type: 'object', description: 'What the script has passed', additionalProperties: true },
      missing: whole('How many records of its process are missing right before it'),
    },
    ['pid', 'kind', 'run', 'seq', 'release', 'request', 'stack', 'fields', 'missing'],
  ),
  RecordsReply: object({
    records: list(ref('Record')),
    before: CURSOR('Hand it back as "before" to go on towards the past; null at the beginning'),
    after: CURSOR('Hand it back as "after" to go on towards now; null at the end'),
    sources: list(ref('Source')),
  }),
  ContextReply: object({ records: list(ref('Record')) }),
  HistogramReply: object({
    fromMs: { type: 'number', description: 'Milliseconds since 1970' },
    toMs: { type: 'number' },
    stepMs: { type: 'number' },
    buckets: list(
      object({
        atMs: { type: 'number' },
        counts: { type: 'object', description: 'By severity', additionalProperties: whole('Records') },
      }),
    ),
  }),
  ErrorGroup: object(
    {
      fingerprint: text('What names the group'),
      source: ref('Source'),
      severity: text('Of the newest', { enum: SEVERITIES }),
      title: text('The first line of the newest'),
      count: whole('Records, in the time that was asked for'),
      firstSeen: text('In the time that was asked for', TIME),
      lastSeen: text('In the time that was asked for', TIME),
      lastId: text('The newest record'),
      firstRelease: text('In which it was seen first'),
      sparkline: list(whole('Records in a part of the time')),
      state: text('What people have said of it', { enum: ERROR_STATES }),
      by: text('Who has said so'),
      at: text('And when', TIME),
    },
    ['firstRelease', 'by', 'at'],
  ),
  ErrorsReply: object({ groups: list(ref('ErrorGroup')) }),
  SavedSearch: object({ name: text('Of the search'), query: text('The page’s address behind the ?') }),
  HealthReply: object(
    {
      status: text('In one word', { enum: ['ok', 'behind', 'trouble'] }),
      notes: list(text('A sentence, the worst first')),
      behindMs: { type: 'number', description: 'How far the index is behind the files' },
      gaps: object({ processes: whole('That have lost records today'), records: whole('So many') }),
      store: object({
        records: whole('That can be searched'),
        bytes: whole('They take'),
        days: whole('They are from'),
        oldestDay: { type: ['string', 'null'], format: 'date' },
      }),
      collector: object({
        queued: whole('Records that wait in rsyslogd'),
        discarded: whole('That it has thrown away since it started'),
        rateLimited: whole('That it has not taken since it started'),
        at: text('When it has last counted', TIME),
      }),
      disk: object({
        freeBytes: { type: 'number' },
        totalBytes: { type: 'number' },
        keptDays: whole('How long records are kept'),
      }),
      tails: whole('Open tails'),
    },
    ['collector', 'disk'],
  ),
  Empty: object({}),
}
