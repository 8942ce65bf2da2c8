import assert from 'node:assert/strict'
import { parseCount, parseLevel, parsePort, parseText, parseTime, parseUnitName } from './parse-options.ts'

const NOW_MS = Date.UTC(2026, 10, 20, 12)

describe('options of the command line', () => {
  for (const [what, parse, good, bad] of [
    ['a port', parsePort, [['20000', 20_000]], ['', '80', '65536', '2e4', 'ssh']],
    ['a unit', parseUnitName, [['second-yard', 'second-yard']], ['', '2nd', 'a'.repeat(41), '../x']],
    ['a text', parseText, [['time out', 'time out']], ['']],
    ['a count', parseCount, [['20', 20]], ['', '-1', 'many']],
    ['a time', (text: string) => parseTime(text, NOW_MS), [['10m', NOW_MS - 600_000]], ['', 'yesterday']],
    ['a severity', parseLevel, [['error', 'error']], ['', 'loud']],
  ] as const) {
    it(`take ${what}, and say what is one`, () => {
      for (const [text, value] of good) assert.equal(parse(text), value)
      for (const text of bad) assert.throws(() => parse(text), { code: 'commander.invalidArgument' }, text)
    })
  }
})
