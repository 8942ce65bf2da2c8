import assert from 'node:assert/strict'
import { sharesPort as canShare } from '../contract/engine.ts'
import { describeEngine } from './describe-engine.ts'

describe('the description of an engine', () => {
  it('names the build behind the alias, and what is wrong with it', () => {
    const { name, build, knownBad, wayOut, sharesPort } = describeEngine('uws')
    assert.equal(name, 'uws')
    assert.match(build, /^\S+@\d+\.\d+\.\d+$/)
    assert.equal(knownBad.length > 0, build.startsWith('uws-pack@'))
    assert.equal(wayOut.includes('engine node;'), knownBad.length > 0)
    assert.equal(sharesPort, true)
  })

  it('says whether this Node can share a port', () => {
    const { build, knownBad, sharesPort } = describeEngine('node')
    assert.match(build, /^node@\d+\.\d+\.\d+\+ws@\d+\.\d+\.\d+$/)
    assert.deepEqual(knownBad, [])
    assert.equal(sharesPort, canShare('node'))
  })

  for (const [uv, shares] of [
    ['1.46.0', false],
    ['1.48.9', false],
    ['1.49.1', true],
    ['2.0.0', true],
  ] as const) {
    it(`knows that libuv ${uv} ${shares ? 'shares' : 'does not share'} ports`, () => {
      assert.equal(canShare('node', { uv }), shares)
    })
  }
})
