import assert from 'node:assert/strict'
import { LINES_DEFAULT, LINES_MAX, parseLogQuery } from './log-query.ts'

const NOW = Date.parse('2026-11-20T12:00:00Z')
const parse = (text: string) => parseLogQuery(text.split(' '), NOW)

describe('parseLogQuery', () => {
  const plain = {
    source: 'redis',
    follow: false,
    lines: LINES_DEFAULT,
    sinceMs: null,
    level: null,
    grep: null,
    json: false,
  }
  const TABLE: readonly (readonly [string, Record<string, unknown>])[] = [
    ['redis', {}],
    ['-f redis', { follow: true }],
    ['redis --json -n 7', { json: true, lines: 7 }],
    ['redis --lines=9999999', { lines: LINES_MAX }],
    ['redis --since 10m', { sinceMs: NOW - 600_000, lines: LINES_MAX }],
    ['redis --since 2h -n 3', { sinceMs: NOW - 7_200_000, lines: 3 }],
    ['redis --since 2026-11-20T10:00:00', { sinceMs: NOW - 7_200_000, lines: LINES_MAX }],
    ['redis --since=2026-11-20', { sinceMs: NOW - 43_200_000, lines: LINES_MAX }],
    ['redis --level warning', { level: 'warn' }],
    ['redis --level=ERR', { level: 'error' }],
    ['redis --grep Timeout', { grep: 'Timeout' }],
    ['redis --grep=a=b', { grep: 'a=b' }],
  ]
  for (const [text, differs] of TABLE)
    it(`reads "${text}"`, () => assert.deepEqual(parse(text), { ...plain, ...differs }))

  for (const text of [
    '',
    '../x',
    'redis mysql',
    'redis --level',
    'redis --level 4',
    'redis -n',
    'redis -n -1',
    'redis --since 10',
    'redis --since 99999999999d',
    'redis --x',
    'redis --grep',
    `redis --grep ${'x'.repeat(201)}`,
    'redis --since 2026-13-45',
  ])
    it(`refuses "${text}" with a sentence`, () => assert.equal(typeof parse(text), 'string'))
})
