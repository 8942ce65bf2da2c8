import assert from 'node:assert/strict'
import { beforeDeadline } from './start-deadline.ts'

describe('the deadline of a start hook', () => {
  it('ends the wait for one that never does', async () => {
    await assert.rejects(beforeDeadline(new Promise(() => {}), 1), { code: 'SCRIPT_START_TIMEOUT' })
  })

  it('leaves alone what one says in time', async () => {
    await beforeDeadline(Promise.resolve())
    await assert.rejects(beforeDeadline(Promise.reject(new Error('no start'))), /no start/)
  })
})
