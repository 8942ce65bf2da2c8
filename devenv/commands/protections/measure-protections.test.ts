import assert from 'node:assert/strict'
import { fileURLToPath } from 'node:url'
import { measureProtections, type Protection } from './measure-protections.ts'

const PROJECT_ROOT = fileURLToPath(new URL('../../../..', import.meta.url))

describe('what is tried from inside a sandbox', () => {
  let found: readonly Protection[]
  before(async () => {
    found = await measureProtections(PROJECT_ROOT)
  })

  const LACKING = /^nothing|^no (bubblewrap|packet filter|seccomp)|no control groups|all are one user's/

  it('comes to nothing, or it is said why not', () => {
    assert.equal(found.length, 18)
    for (const { protection, holds, how } of found) assert.ok(holds || LACKING.test(how), `${protection}: ${how}`)
  })

  it('comes to nothing wherever this machine has what it takes, but for one thing', function () {
    const lacking = found.filter(({ how }) => LACKING.test(how)).map(({ protection }) => protection)
    if (process.getuid?.() !== 0 || lacking.length > 1) {
      this.test!.title = `needs root, bubblewrap, nftables and control groups; not had: ${lacking.join(', ')}`
      return this.skip()
    }
    assert.deepEqual(
      found.filter(({ holds }) => !holds).map(({ protection }) => protection),
      ['sockets without a file (abstract)'],
    )
  })
})
