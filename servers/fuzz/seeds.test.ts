// What was found once is not found again.
import assert from 'node:assert/strict'
import { checkConf } from './check-conf.ts'
import { confInput } from './conf-inputs.ts'
import { FuzzedServer } from './fuzzed-server.ts'
import { httpInput, type WireInput } from './http-inputs.ts'
import { Random } from './random.ts'
import { readSeeds } from './seeds.ts'
import { websocketInput } from './websocket-inputs.ts'

describe('what fuzzing has found', () => {
  const seeds = readSeeds()

  for (const [name, { target, found, input }] of seeds) {
    if (target !== 'conf') continue
    it(`is parsed or refused: ${name} (${found})`, () => assert.equal(checkConf(String(input)), undefined))
  }

  for (const engine of ['uws', 'node'] as const) {
    it(`harms no server on ${engine}, nor do the first inputs of a run`, async () => {
      const server = await FuzzedServer.start(engine)
      try {
        for (const [name, { target, input }] of seeds) {
          if (target === 'conf') continue
          await server.send(input as WireInput)
          assert.equal(await server.check(), undefined, name)
        }
        const inputs = Array.from({ length: 20 }, (_, round) => [
          httpInput(new Random(round)),
          websocketInput(new Random(round)),
        ])
        await Promise.all(inputs.flat().map((input) => server.send(input)))
        assert.equal(await server.check(), undefined)
      } finally {
        await server.stop()
      }
    })
  }

  it('can be made again: the same seed gives the same input', () => {
    for (const make of [confInput, httpInput, websocketInput]) {
      assert.deepEqual(make(new Random(7)), make(new Random(7)))
      assert.notDeepEqual(make(new Random(7)), make(new Random(8)))
    }
  })
})
