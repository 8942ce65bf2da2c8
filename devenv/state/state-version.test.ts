import assert from 'node:assert/strict'
import { parseState, renderState, STATE_VERSION } from './state-version.ts'

describe('a file of state', () => {
  it('comes back with the version it was written in', () => {
    assert.deepEqual(parseState(renderState({ stopped: true }), 'f'), { version: STATE_VERSION, stopped: true })
  })

  it('may be from before there were versions', () => {
    assert.deepEqual(parseState('{"stopped":true}', 'f'), { stopped: true })
  })

  it('is none when it was cut off or spoilt', () => {
    for (const text of ['', '{"stopp', '[]', 'null', '7', '{"version":"x"}', '\0\0\0']) {
      assert.equal(parseState(text, 'f'), null, text)
    }
  })

  it('of a newer edgeyard is refused, with its name and what to do', () => {
    const text = JSON.stringify({ version: STATE_VERSION + 1 })
    assert.throws(() => parseState(text, '/yard/state/a.json'), /Cannot use \/yard\/state\/a.json: a newer edgeyard/)
  })
})
