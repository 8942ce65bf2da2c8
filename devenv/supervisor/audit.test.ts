import assert from 'node:assert/strict'
import type { By } from '../control/by.ts'
import { audited, createAudit } from './audit.ts'

const KEY = `SHA256:${'a'.repeat(43)}`
const by: By = { who: 'dev1', key: KEY }

function recorder() {
  const records: { severity: string; message: string; fields: Record<string, unknown> }[] = []
  const audit = createAudit((severity, message, fields = {}) => records.push({ severity, message, fields }))
  return { records, audit }
}

describe('an audit record', () => {
  it('says who, with which key, did what to what, from where to where, and how it ended', () => {
    const { records, audit } = recorder()
    audit(by, { act: 'push', target: 'dtserver refs/heads/dev1', old: 'a', new: 'b', result: 'done', ms: 12.6 })
    assert.deepEqual(records, [
      {
        severity: 'notice',
        message: 'dev1: push dtserver refs/heads/dev1, a → b',
        fields: {
          ...{ audit: true, who: 'dev1', key: KEY, act: 'push', target: 'dtserver refs/heads/dev1' },
          ...{ old: 'a', new: 'b', result: 'done', ms: 13 },
        },
      },
    ])
  })

  it('shows no control character of what a client chose, and no more of it than fits', () => {
    const { records, audit } = recorder()
    audit(by, {
      act: 'push',
      target: `x\u001b[31m\u202e${'y'.repeat(9999)}`,
      old: null,
      new: null,
      result: 'no',
      ms: 1,
    })
    assert.match(records[0]!.message, /^dev1: push x\?\[31m\?y+…?: no$/)
    assert.ok(records[0]!.message.length < 400)
    assert.equal(records[0]!.severity, 'warn')
  })

  it('is written for what failed, too, with the reason, and the failure goes on', async () => {
    const { records, audit } = recorder()
    let state = 'one'
    const run = async () => {
      state = 'two'
      throw new Error('no room\nat line 2')
    }
    const work = audited(audit, by, { act: 'restart', target: 'dtserver/dev1', state: async () => state, run })
    await assert.rejects(work, /no room/)
    const { old, new: next, result } = records[0]!.fields
    assert.deepEqual([old, next, result], ['one', 'two', 'no room'])
  })
})
