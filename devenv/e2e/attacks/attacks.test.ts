// Everything somebody with a key of their own may try, one row each, over real git and real ssh: no row changes a ref, a
// release, a process, a file of others or a file outside; each is told why.
import assert from 'node:assert/strict'
import { createYard, endYard, type TestYard } from '../yard.ts'
import { type Arena, createArena } from './arena.ts'
import { REF_CASES } from './ref-cases.ts'
import { SSH_CASES } from './ssh-cases.ts'
import { TEXT_CASES } from './text-cases.ts'
import { TREE_CASES } from './tree-cases.ts'
import { WIRE_CASES } from './wire-cases.ts'

const THEMES = { names: REF_CASES, trees: TREE_CASES, text: TEXT_CASES, ssh: SSH_CASES, wire: WIRE_CASES }

describe('an attack with', function () {
  this.timeout(90_000)
  let yard: TestYard
  let arena: Arena
  let close: () => Promise<void>
  let withstood = 0

  before(async () => {
    yard = await createYard()
    ;({ arena, close } = await createArena(yard))
  })
  after(async () => {
    await close()
    await endYard(yard)
  })

  for (const [theme, cases] of Object.entries(THEMES)) {
    describe(theme, () => {
      for (const attack of cases) {
        it(attack.title, async () => {
          await arena.withstands(attack)
          withstood++
        })
      }
    })
  }

  // A suite of its own, because mocha runs those of a suite before its nested ones.
  describe('everything above', () => {
    it('got nowhere, in at least 120 cases', () => {
      const cases = Object.values(THEMES).flat()
      assert.ok(cases.length >= 120, `${cases.length} cases`)
      assert.equal(new Set(cases.map(({ title }) => title)).size, cases.length)
      console.log(`      attack cases tried / got through: ${cases.length} / ${cases.length - withstood}`)
      assert.equal(withstood, cases.length)
    })
  })
})
