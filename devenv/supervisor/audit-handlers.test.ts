import assert from 'node:assert/strict'
import type { AuditEntry } from '../control/audit-entry.ts'
import { OPERATOR } from '../control/by.ts'
import type { SandboxStatus } from '../control/protocol.ts'
import type { ControlHandlers } from '../control/serve.ts'
import { withAudit } from './audit-handlers.ts'

const DEV1 = { server: 'socketserver', developer: 'dev1' } as const

describe('the audit of what is asked of a sandbox that is stopped', () => {
  const entries: AuditEntry[] = []
  let release = 'new'
  const handlers = withAudit(
    {
      async rollback() {
        release = 'old'
      },
      stop: async () => {},
    } as unknown as ControlHandlers,
    {
      audit: (_by, entry) => entries.push(entry),
      statusOf: async () => ({ pid: null, release }) as SandboxStatus,
    },
  )
  const ends = () => entries.splice(0).map(({ act, old, new: next }) => [act, old, next])

  it('says from where to where it was rolled back', async () => {
    await handlers.rollback({ ...DEV1, release: null }, () => {}, OPERATOR)
    assert.deepEqual(ends(), [['rollback', 'new', 'old']])
  })

  it('says that nothing ran and nothing runs', async () => {
    await handlers.stop(DEV1, () => {}, OPERATOR)
    assert.deepEqual(ends(), [['stop', null, null]])
  })
})
