// A small version of `npm run soak`.
import assert from 'node:assert/strict'
import { sharedYard } from '../e2e/yard.ts'
import { runChaos } from './chaos.ts'

const KILLS = 5

describe('a daemon that is killed at random moments of pushes, switches, additions and removals', function () {
  this.timeout(180_000)

  it('finds every ref again as what runs, leaves nothing orphaned and loses nothing', async () => {
    const results = await runChaos(await sharedYard(), { kills: KILLS, seed: 4, tell: () => {} })
    assert.equal(results.length, KILLS)
  })
})
