import assert from 'node:assert/strict'
import { complaintsAbout } from './complaints.fixture.ts'
import { parseSettings } from './read-settings.ts'
import { DEFAULT_LOGS } from './settings.ts'

describe('logs in yard.yml', () => {
  it('may be left out, and each of them too', () => {
    assert.deepEqual(parseSettings('', 'y').logs, DEFAULT_LOGS)
    const { logs } = parseSettings('logs: { keep_bytes: 2g, visibility: all }', 'y')
    assert.deepEqual(logs, { ...DEFAULT_LOGS, keepBytes: 2 * 1024 ** 3, visibility: 'all' })
  })

  it('have defaults that never contradict what was said', () => {
    const days = (text: string) => {
      const { plainDays, keepDays, keepErrorDays } = parseSettings(text, 'y').logs
      return [plainDays, keepDays, keepErrorDays]
    }
    assert.deepEqual(days('logs: { keep_days: 3 }'), [3, 3, 90])
    assert.deepEqual(days('logs: { keep_days: 365 }'), [7, 365, 365])
  })

  it('are complained about where they stand', () => {
    const wanted = 'must be a whole number of days from 2 to 3660'
    assert.deepEqual(
      complaintsAbout('logs:\n  keep_days: 1\n  plain_days: x\n  keep_bytes: 1m\n  visibility: some\n  keep: 1\n'),
      [
        '6:3 Unknown setting "keep"',
        `2:14 keep_days ${wanted}`,
        `3:15 plain_days ${wanted}`,
        '4:15 keep_bytes must be a size from 64m on, e.g. 10g',
        '5:15 visibility must be own or all',
      ],
    )
    assert.deepEqual(complaintsAbout('logs: 7'), [
      '1:7 logs must be a map of plain_days, keep_days, keep_error_days, keep_bytes, visibility, alerts',
    ])
    assert.deepEqual(complaintsAbout('logs: { plain_days: 40, keep_error_days: 20 }'), [
      '1:21 plain_days must not be more than keep_days, 30',
      '1:42 keep_error_days must not be less than keep_days, 30',
    ])
  })
})
