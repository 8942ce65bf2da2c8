import assert from 'node:assert/strict'
import type { AuditEntry } from '../control/audit-entry.ts'
import { OPERATOR } from '../control/by.ts'
import type { SandboxStatus } from '../control/protocol.ts'
import type { ControlHandlers } from '../control/serve.ts'
import { NO_COMMIT } from '../git/git.ts'
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
      nameOf: async (developer) => developer,
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

describe('the audit of a push', () => {
  const NEW = 'a'.repeat(40)
  const push = async (failed: readonly string[], branches: readonly string[]) => {
    const entries: AuditEntry[] = []
    const failures = failed.map((developer) => ({ developer, message: `${developer} did not get ready` }))
    const handlers = withAudit({ switch: async () => ({ live: [], failures }) } as unknown as ControlHandlers, {
      audit: (_by, entry) => entries.push(entry),
      statusOf: async () => assert.fail('nobody asks'),
      nameOf: async (developer) => (developer === 'dev1' ? 'ana' : developer),
    })
    const updates = branches.map((branch) => ({ ref: `refs/heads/${branch}`, oldCommit: NO_COMMIT, newCommit: NEW }))
    await handlers.switch({ repository: 'socketserver', updates }, () => {}, OPERATOR)
    return entries.map(({ target, result }) => `${target}: ${result}`)
  }

  it('says of each branch what became of it', async () => {
    assert.deepEqual(await push(['dev2'], ['dev2', 'dev3']), [
      'socketserver refs/heads/dev2: dev2 did not get ready',
      'socketserver refs/heads/dev3: done',
    ])
  })

  it('says it also of one that was followed to a new name', async () => {
    assert.deepEqual(await push(['ana'], ['dev1']), ['socketserver refs/heads/dev1: ana did not get ready'])
    assert.deepEqual(await push([], ['dev1']), ['socketserver refs/heads/dev1: done'])
  })
})
