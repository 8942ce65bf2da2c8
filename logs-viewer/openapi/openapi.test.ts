import assert from 'node:assert/strict'
import { createLogins } from '../access/logins.fixture.ts'
import { ask, type Given, logIn } from '../server/ask.fixture.ts'
import { createViewer, type Viewer } from '../server/create-viewer.ts'
import { allRoutes, type RouteParts } from '../server/routes/all-routes.ts'
import { createYardFixture, type YardFixture } from '../store/yard.fixture.ts'
import { OPENAPI } from './openapi.ts'
import type { Operation, Schema } from './schema.ts'

const OPERATIONS = Object.entries(OPENAPI.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method, operation: operation as Operation })),
)

/** Where a value is not what its schema says. */
function misfits(value: unknown, schema: Schema, at = 'value'): string[] {
  if ('$ref' in schema) {
    const named = OPENAPI.components.schemas[schema.$ref.replace('#/components/schemas/', '')]
    return named === undefined ? [`${at}: there is no ${schema.$ref}`] : misfits(value, named, at)
  }
  if (!(typeof schema.type === 'string' ? [schema.type] : schema.type).some((type) => isOf(value, type)))
    return [`${at}: ${JSON.stringify(value)} is no ${schema.type}`]
  if ('items' in schema) return (value as unknown[]).flatMap((item, i) => misfits(item, schema.items, `${at}[${i}]`))
  if ('properties' in schema) {
    const own = Object.entries(value as object)
    const known = schema.properties
    return [
      ...schema.required.filter((name) => !own.some(([key]) => key === name)).map((name) => `${at}.${name} is missing`),
      ...own.flatMap(([key, one]) =>
        known[key] === undefined ? [`${at}.${key} is not described`] : misfits(one, known[key], `${at}.${key}`),
      ),
    ]
  }
  const more = 'additionalProperties' in schema ? schema.additionalProperties : true
  if (typeof more === 'object' && schema.type === 'object')
    return Object.entries(value as object).flatMap(([key, one]) => misfits(one, more, `${at}.${key}`))
  if ('enum' in schema && schema.enum !== undefined && !schema.enum.includes(value as string))
    return [`${at}: "${value}" is none of ${schema.enum}`]
  return []
}

function isOf(value: unknown, type: string): boolean {
  if (type === 'null') return value === null
  if (type === 'array') return Array.isArray(value)
  if (type === 'integer') return Number.isInteger(value)
  if (type === 'object') return typeof value === 'object' && value !== null && !Array.isArray(value)
  return typeof value === type
}

describe('the description of the API', () => {
  it('has every route, and no other', () => {
    const parts = { root: '/nowhere' } as RouteParts
    const routes = allRoutes(parts).filter(({ path }) => path.startsWith('/api/'))
    assert.deepEqual(
      OPERATIONS.map(({ path, method }) => `${method} ${path}`).sort(),
      routes.map(({ path, method }) => `${method.toLowerCase()} ${path}`).sort(),
    )
  })

  for (const { path, method, operation } of OPERATIONS) {
    it(`gives examples that are what it says: ${method} ${path}`, () => {
      const contents = [
        operation.requestBody?.content ?? {},
        ...Object.values(operation.responses).map((one) => one.content ?? {}),
      ]
      for (const { schema, example } of contents.flatMap((content) => Object.values(content)))
        if (example !== undefined) assert.deepEqual(misfits(example, schema), [])
      const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)
      const described = (operation.parameters ?? []).filter((one) => one.in === 'path').map(({ name }) => name)
      assert.deepEqual(described, named)
    })
  }

  describe('is what the viewer does:', () => {
    let yard: YardFixture
    let viewer: Viewer
    let headers: Record<string, string>
    let id: string
    let fingerprint: string
    before(async () => {
      yard = createYardFixture()
      const day = new Date().toISOString()
      yard.put('socketserver', 'dev1', day, {
        ...{ severity: 'error', stack: 'Error\n    at f (src/main.ts:1:1)', run: '0mj5x2k9c-7f3qz1', kind: 'access' },
      })
      const token = createLogins(yard.root).issue('dev1')
      viewer = await createViewer({ root: yard.root, host: '127.0.0.1', port: 0 })
      headers = await logIn(viewer.port, token)
      const { groups } = (await ask(viewer.port, '/api/errors', { headers })).json<{
        groups: { lastId: string; fingerprint: string }[]
      }>()
      id = groups[0]!.lastId
      fingerprint = groups[0]!.fingerprint
    })
    after(async () => {
      await viewer.close()
      yard.remove()
    })

    const tries: readonly (readonly [method: string, path: string, given?: Given])[] = [
      ['get', '/api/session'],
      ['get', '/api/records'],
      ['get', '/api/context?id=ID'],
      ['get', '/api/histogram'],
      ['get', '/api/errors'],
      ['post', '/api/errors/FINGERPRINT', { body: { state: 'resolved' } }],
      ['post', '/api/errors/FINGERPRINT', { body: { state: 'muted', lastId: 'ID' } }],
      ['put', '/api/searches/slow', { method: 'PUT', body: { query: 'q=slow' } }],
      ['get', '/api/searches'],
      ['delete', '/api/searches/slow', { method: 'DELETE' }],
      ['get', '/api/health'],
      ['post', '/api/logout', { method: 'POST' }],
      ['get', '/api/session'],
    ]
    for (const [method, path, given = {}] of tries) {
      it(`${method} ${path}`, async () => {
        const real = path.replace('FINGERPRINT', fingerprint).replace('ID', encodeURIComponent(id))
        const body = given.body === undefined ? {} : { body: JSON.stringify(given.body).replace('ID', id) }
        const answer = await ask(viewer.port, real, { ...given, ...body, headers })
        const described = path.split('?')[0]!.replace('FINGERPRINT', '{fingerprint}').replace('slow', '{name}')
        const { operation } = OPERATIONS.find((one) => one.path === described && one.method === method)!
        const { schema } = operation.responses[answer.status]!.content!['application/json']!
        assert.deepEqual(misfits(answer.json(), schema), [])
      })
    }
  })
})
