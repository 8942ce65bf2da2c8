import assert from 'node:assert/strict'
import { didYouMean, nearest } from './nearest.ts'

const WORDS = ['listen', 'location', 'root', 'redis', 'return']

describe('nearest', () => {
  const cases: [word: string, expected: string | undefined][] = [
    ['lisetn', 'listen'],
    ['locaton', 'location'],
    ['LISTEN', 'listen'],
    ['retrun', 'return'],
    ['rot', 'root'],
    ['frobnicate', undefined],
    ['x', undefined],
    ['', undefined],
    ['listen'.repeat(100), undefined],
  ]
  for (const [word, expected] of cases) {
    it(`takes ${JSON.stringify(word.slice(0, 20))} for ${expected}`, () => assert.equal(nearest(word, WORDS), expected))
  }

  it('prefers the word with fewer mistakes', () => assert.equal(nearest('retis', ['return', 'redis']), 'redis'))

  it('is put as a question, or not at all', () => {
    assert.equal(didYouMean('lisen', WORDS), 'did you mean "listen"?')
    assert.equal(didYouMean('frobnicate', WORDS), undefined)
  })
})
