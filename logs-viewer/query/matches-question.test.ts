import assert from 'node:assert/strict'
import type { LogRecord } from '../../servers/contract/record.ts'
import { createSelector, SlowPatternError } from './create-selector.ts'
import { matchesQuestion } from './matches-question.ts'
import { parseQuestion } from './parse-question.ts'

/** What JSON writes with a backslash. */
const QUOTED = { file: 'C:\\Tmp\\log', text: 'said "hi" twice', list: ['first\nSecond line'], 'quo"ted': 1, Größe: 5 }

const RECORD: LogRecord = {
  server: 'socketserver',
  developer: 'dev1',
  time: '2026-11-20T12:00:00.000Z',
  received: '2026-11-20T12:00:00.001Z',
  severity: 'warn',
  message: 'Slow Message at main.ts:9',
  stack: 'Error\n    at src/main.ts:1:2',
  request: 'R-17',
  release: '4f2a',
  pid: 77,
  fields: { path: 'a/b', ms: 120, room: { id: 5, Kind: 'Lobby' }, 'x.y': true, ...QUOTED },
}

const parse = (query: string) => {
  const question = parseQuestion(new URLSearchParams(query))
  assert.ok(typeof question === 'object', String(question))
  return question
}
const search = (q: string) => new URLSearchParams({ q }).toString()

describe('parseQuestion and matchesQuestion', () => {
  const table: [query: string, isShown: boolean][] = [
    ['', true],
    ['developer=&server=&severity=&q=&from=&to=', true],
    ['developer=dev1', true],
    ['developer=dev2', false],
    ['developer=dev2,dev1', true],
    ['server=redis,socketserver&developer=dev1', true],
    ['server=redis', false],
    ['server=redis&server=socketserver&developer=dev2&developer=dev1', true],
    ['developer=dev2&developer=dev3', false],
    ['severity=warn', true],
    ['severity=warning', true],
    ['severity=error', false],
    ['severity=debug', true],
    ['from=2026-11-20T12:00:00.001Z', true],
    ['from=2026-11-20T13:00:00.001%2B01:00', true],
    ['from=2026-11-20T12:00:00.002Z', false],
    ['to=2026-11-20T12:00:00.001Z', false],
    ['from=2026-11-20&to=2026-11-21', true],
    [search('slow message'), true],
    [search('MAIN.TS:1:'), true],
    [search('r-17'), true],
    [search('a/b'), true],
    [search('nothing'), false],
    [search('slow nothing'), false],
    [search('slow -nothing'), true],
    [search('-slow'), false],
    [search('"message slow"'), false],
    [search('room.id:5 room.kind:lobby X.Y:true ms:120'), true],
    [search('größe:5'), true],
    [search('größe:50'), false],
    [search('room.id:50'), false],
    [search('ms:12'), false],
    [search('-ms:120'), false],
    [search('release:4F2A pid:77 request:r-17'), true],
    [search('release:4f'), false],
    [search('main.ts:9'), true],
    [search('/^slow .* main/'), true],
    [search('/slow$/'), false],
    [search('-/slow$/'), true],
    [search('/^error$/'), true],
    [search('C:\\tmp\\log'), true],
    [search('"said \\"hi\\" twice"'), true],
    [search('/^second line$/'), true],
    [search('/^quo"ted$/'), true],
  ]
  for (const [query, isShown] of table) {
    it(`${isShown ? 'show' : 'hide'} a record with "${query}"`, () => {
      const question = parse(query)
      assert.equal(matchesQuestion(question, RECORD), isShown)
      assert.equal(createSelector(question)([RECORD]).length, isShown ? 1 : 0)
    })
  }

  it('show what was only sent to be counted where some are missing before it, and nowhere else', () => {
    assert.equal(matchesQuestion(parse(''), { ...RECORD, kind: 'count' }), false)
    assert.equal(matchesQuestion(parse(''), { ...RECORD, kind: 'count', missing: 2 }), true)
  })

  for (const query of [
    'developer=../x',
    'developer=dev1,../x',
    'server=x',
    'severity=loud',
    'from=yesterday',
    'to=2026-13-40',
    'from=2026-02-30',
    'to=2026-04-31T12:00Z',
    'q=a&q=b',
    'severity=warn&severity=error',
    search('/(/'),
  ]) {
    it(`answer "${query}" with a sentence`, () => {
      assert.equal(typeof parseQuestion(new URLSearchParams(query)), 'string')
    })
  }
})

describe('createSelector', () => {
  it('keeps the order, and gives up on a pattern that would take for ever', () => {
    const records = ['one', 'two', `${'a'.repeat(60)}!`].map((message) => ({ ...RECORD, message }))
    const messages = createSelector(parse(search('/^(one|two)$/')))(records).map(({ message }) => message)
    assert.deepEqual(messages, ['one', 'two'])
    const select = createSelector(parse(search('/^(a+)+$/')))
    assert.throws(() => select(records), SlowPatternError)
    assert.deepEqual(select(records.slice(0, 2)), [])
  })
})
