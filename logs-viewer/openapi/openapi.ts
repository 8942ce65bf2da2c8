// The API in the words of OpenAPI 3.1, for `/api/openapi.json`: what a program of somebody's needs to know. A test holds it to the routes.
import { SEVERITIES } from '../../servers/contract/record.ts'
import { EXPORT_FORMATS } from '../query/wire.ts'
import { SAYABLE_STATES } from '../state/judgements.ts'
import { type Answer, type OpenApi, object, type Parameter, ref, text, whole } from './schema.ts'
import { SCHEMAS } from './schemas.ts'

const query = (name: string, description: string, example?: string | number): Parameter => ({
  ...{ name, in: 'query', description, schema: typeof example === 'number' ? whole('') : text('') },
  ...(example === undefined ? {} : { example }),
})

/** What every question takes. */
const QUESTION: readonly Parameter[] = [
  query('developer', 'Whose; several separated by commas. Left out: all that you may see', 'dev1'),
  query('server', 'Which servers; several separated by commas', 'socketserver'),
  {
    ...query('severity', 'This one and worse', 'warn'),
    schema: text('', { enum: SEVERITIES }),
  },
  query('from', 'Arrived then or later, ISO 8601', '2026-11-20T10:00:00Z'),
  query('to', 'Arrived before, ISO 8601', '2026-11-21T00:00:00Z'),
  query(
    'q',
    'Words, "several words", key:value, /regular expression/, each with a - in front for not',
    'timeout -redis',
  ),
]
const LIMIT = query('limit', 'How many records at most', 200)
const BEFORE = query('before', 'A record’s id: go on from there towards the past')
const AFTER = query('after', 'A record’s id: go on from there towards now')
const pathName = (name: string, description: string): Parameter => ({
  ...{ name, in: 'path', required: true, description, schema: text('') },
})

const REFUSALS: Readonly<Record<string, Answer>> = Object.fromEntries(
  (
    [
      ['400', 'The request cannot be understood', 'There is no server "x"'],
      ['401', 'Nobody is logged in', 'Nobody is logged in'],
      ['429', 'Too much of it; Retry-After says when', 'Too many wrong tokens; wait a little'],
    ] as const
  ).map(([status, description, error]) => [
    status,
    { description, content: { 'application/json': { schema: ref('Refusal'), example: { error } } } },
  ]),
)
const answers = (schema: string, example: unknown): Readonly<Record<string, Answer>> => ({
  '200': { description: 'Done', content: { 'application/json': { schema: ref(schema), example } } },
  ...REFUSALS,
})
const events = (description: string): Readonly<Record<string, Answer>> => ({
  '200': { description, content: { 'text/event-stream': { schema: text('Server-sent events') } } },
  ...REFUSALS,
})
const body = (schema: ReturnType<typeof object>, example: unknown) =>
  ({ required: true, content: { 'application/json': { schema, example } } }) as const

const SOURCE = { developer: 'dev1', server: 'socketserver' }
const RECORD = {
  ...{
    id: 'dev1/socketserver/2026-11-20:4711',
    ...SOURCE,
    severity: 'error',
    message: 'No such room',
    seq: 17,
    run: '0mj5x2k9c-7f3qz1',
  },
  ...{ time: '2026-11-20T12:00:00.000Z', received: '2026-11-20T12:00:00.001Z', fields: { room: 5 } },
}
const SESSION = { who: 'dev1', sources: [SOURCE], expires: '2026-12-04T12:00:00.000Z' }
const GROUP = {
  ...{ fingerprint: '4f2a91c8e0124f2a', source: SOURCE, severity: 'error', title: 'No such room', count: 3 },
  ...{ firstSeen: RECORD.received, lastSeen: RECORD.received, lastId: RECORD.id, sparkline: [0, 3], state: 'new' },
}
const SEARCH = { name: 'slow', query: 'severity=warn&q=slow' }

export const OPENAPI: OpenApi = {
  openapi: '3.1.0',
  info: {
    title: 'edgeyard logs',
    version: '1',
    description:
      'Records of a yard, with the rights of whoever asks. A program sends the token of "edgeyard dev add" as "Authorization: Bearer TOKEN"; the page has a cookie.',
  },
  security: [{ token: [] }, { cookie: [] }],
  paths: {
    '/api/login': {
      post: {
        summary: 'Log in: sets the cookie',
        security: [],
        requestBody: body(object({ token: text('Of "edgeyard dev add", or of a login link') }), { token: 'ey_…' }),
        responses: answers('Session', SESSION),
      },
    },
    '/api/session': {
      get: { summary: 'Who is logged in, and what they may see', responses: answers('Session', SESSION) },
    },
    '/api/logout': { post: { summary: 'Log out: takes the cookie back', responses: answers('Empty', {}) } },
    '/api/records': {
      get: {
        summary: 'Records, a page at a time, the newest last',
        parameters: [...QUESTION, LIMIT, BEFORE, AFTER],
        responses: answers('RecordsReply', { records: [RECORD], before: RECORD.id, after: null, sources: [SOURCE] }),
      },
    },
    '/api/context': {
      get: {
        summary: 'A record among its neighbours of the same source',
        parameters: [
          { ...query('id', 'Of the record', RECORD.id), required: true },
          query('before', 'How many before it', 20),
          query('after', 'How many after it', 20),
        ],
        responses: answers('ContextReply', { records: [RECORD] }),
      },
    },
    '/api/search': {
      get: {
        summary: 'The same as /api/records, told as it is found, the newest first',
        parameters: [...QUESTION, LIMIT, BEFORE],
        responses: events('found: records; progress: { to, share, id }; done: { before, stopped? }'),
      },
    },
    '/api/tail': {
      get: {
        summary: 'Records as they come',
        description: 'Each has its id; a client that comes back with Last-Event-ID is given what it has missed.',
        parameters: [
          ...QUESTION,
          query('after', 'A record’s id: begin behind it'),
          { name: 'last-event-id', in: 'header', description: 'As "after"', schema: text('') },
        ],
        responses: events(
          'A record each; skipped: { count, errors } when the client was too slow; refused: { message } at last, when a pattern takes too long: asking again is of no use',
        ),
      },
    },
    '/api/histogram': {
      get: {
        summary: 'How many records over time, by severity',
        parameters: [...QUESTION, query('buckets', 'Into how many parts', 100)],
        responses: answers('HistogramReply', {
          ...{ fromMs: 1763596800000, toMs: 1763683200000, stepMs: 864000 },
          buckets: [{ atMs: 1763596800000, counts: { info: 12, error: 1 } }],
        }),
      },
    },
    '/api/errors': {
      get: {
        summary: 'Errors by what they have in common',
        parameters: QUESTION,
        responses: answers('ErrorsReply', { groups: [GROUP] }),
      },
    },
    '/api/errors/{fingerprint}': {
      post: {
        summary: 'Say what becomes of a group of errors',
        parameters: [pathName('fingerprint', 'Of the group')],
        requestBody: body(
          object(
            {
              state: text('', { enum: SAYABLE_STATES }),
              lastId: text(
                'One of its records, of which the answer is then; without it the group has to be among the newest',
              ),
            },
            ['lastId'],
          ),
          { state: 'resolved', lastId: RECORD.id },
        ),
        responses: answers('ErrorGroup', { ...GROUP, state: 'resolved', by: 'dev1', at: '2026-11-20T13:00:00.000Z' }),
      },
    },
    '/api/searches': {
      get: {
        summary: 'Your saved searches',
        responses: {
          '200': {
            description: 'Done',
            content: {
              'application/json': { schema: { type: 'array', items: ref('SavedSearch') }, example: [SEARCH] },
            },
          },
          ...REFUSALS,
        },
      },
    },
    '/api/searches/{name}': {
      put: {
        summary: 'Save a search',
        parameters: [pathName('name', 'Of the search')],
        requestBody: body(object({ query: text('The page’s address behind the ?') }), { query: SEARCH.query }),
        responses: answers('SavedSearch', SEARCH),
      },
      delete: {
        summary: 'Forget a search',
        parameters: [pathName('name', 'Of the search')],
        responses: answers('Empty', {}),
      },
    },
    '/api/export': {
      get: {
        summary: 'Everything that a question finds, oldest first, streamed',
        parameters: [
          ...QUESTION,
          { ...query('format', 'Of the file', 'ndjson'), schema: text('', { enum: EXPORT_FORMATS }) },
        ],
        responses: {
          '200': {
            description: 'A file; one that was cut off ends with a broken connection',
            content: {
              'application/x-ndjson': { schema: text('A record a line') },
              'text/csv': { schema: text('A head, and a record a row') },
              'text/plain': { schema: text('For reading') },
            },
          },
          ...REFUSALS,
        },
      },
    },
    '/api/health': {
      get: {
        summary: 'How the log is: what is missing, waiting, thrown away; collector and disk for the operator',
        responses: answers('HealthReply', {
          ...{ status: 'ok', notes: [], behindMs: 0, gaps: { processes: 0, records: 0 }, tails: 1 },
          store: { records: 4711, bytes: 985000, days: 2, oldestDay: '2026-11-19' },
        }),
      },
    },
    '/api/openapi.json': {
      get: {
        summary: 'This description',
        responses: {
          '200': {
            description: 'Done',
            content: { 'application/json': { schema: { type: 'object', additionalProperties: true } } },
          },
          ...REFUSALS,
        },
      },
    },
  },
  components: {
    securitySchemes: {
      token: { type: 'http', scheme: 'bearer' },
      cookie: { type: 'apiKey', in: 'cookie', name: 'edgeyard-PORT' },
    },
    schemas: SCHEMAS,
  },
}
