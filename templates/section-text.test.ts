import assert from 'node:assert/strict'
import { sectionText } from './section-text.ts'

describe('the text of a section', () => {
  const text =
    'master:\n  LISTEN: 1\ndev: { LISTEN: 2 }\ndev1:\n  # mine\n  LISTEN: 3\n\n# below\n"dev2" : { LISTEN: 4 }\n'
  const cases: readonly (readonly [developer: string, section: string | null])[] = [
    ['dev', 'dev: { LISTEN: 2 }'],
    ['dev1', 'dev1:\n  # mine\n  LISTEN: 3\n\n# below'],
    ['dev2', '"dev2" : { LISTEN: 4 }'],
    ['dev3', null],
    ['LISTEN', null],
  ]
  for (const [developer, section] of cases) {
    it(`of ${developer} is ${section === null ? 'none' : 'found by its place at the margin'}`, () => {
      assert.equal(sectionText(text, developer), section)
    })
  }
})
