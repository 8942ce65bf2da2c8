import assert from 'node:assert/strict'
import { readWorkerIdentity, workerVariables } from './worker-identity.ts'

describe('the identity of a worker', () => {
  it('comes back from the environment as its master wrote it', () => {
    const identity = { id: 2, count: 4 }
    assert.deepEqual(readWorkerIdentity(workerVariables(identity)), identity)
  })

  it('is that of the only process where there is no master', () => {
    assert.deepEqual(readWorkerIdentity({}), { id: 0, count: 1 })
  })
})
