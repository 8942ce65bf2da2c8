import assert from 'node:assert/strict'
import { type By, OPERATOR } from '../control/by.ts'
import { audited, createAudit } from './audit.ts'

const KEY = `SHA256:${'a'.repeat(43)}`
const by: By = { who: 'dev1', key: KEY }

function recorder() {
  const records: { severity: string; message: string; fields: Record<string, unknown>; source?: unknown }[] = []
  const audit = createAudit((severity, message, fields = {}, source = undefined) =>
    records.push({ severity, message, fields, ...(source && { source }) }),
  )
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

  const push = { act: 'push', target: 'dtserver refs/heads/dev1', old: null, new: 'b'.repeat(40), ms: 90.2 }
  it("of a refused push is told among its developer's records, with what the push was told", () => {
    const { records, audit } = recorder()
    audit(by, { ...push, result: 'refused', said: 'src/main.ts:9:25: no\n\u001b[31m' })
    const [told, audited] = records
    assert.deepEqual(told, {
      severity: 'warn',
      message: 'push of bbbbbbbbbbbb to dtserver refs/heads/dev1 refused\nsrc/main.ts:9:25: no\n?[31m',
      fields: { push: true, commit: push.new, result: 'refused', ms: 90 },
      source: { server: 'dtserver', developer: 'dev1' },
    })
    assert.equal(audited!.fields.result, 'refused')
  })

  const told: [name: string, by: By, target: string, source: unknown][] = [
    ['the pusher, whatever ref it is', by, 'dtserver refs/heads/dev2', { server: 'dtserver', developer: 'dev1' }],
    [
      'the pusher with the yard, of serverctrl',
      by,
      'serverctrl refs/heads/dev1',
      { server: 'edgeyard', developer: 'dev1' },
    ],
    [
      'whose branch it is, of the operator',
      OPERATOR,
      'dtserver refs/heads/dev2',
      { server: 'dtserver', developer: 'dev2' },
    ],
  ]
  for (const [name, who, target, source] of told) {
    it(`of a push that is accepted tells ${name}, and is written when it is switched`, () => {
      const { records, audit } = recorder()
      audit(who, { ...push, target, result: 'done', said: 'build 50 ms' })
      assert.equal(records.length, 1)
      assert.deepEqual([records[0]!.severity, records[0]!.source], ['notice', source])
    })
  }

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
