import assert from 'node:assert/strict'
import { appendFile, mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { yardLayout } from '../sandbox/layout.ts'
import type { AuditEntry } from './audit-entry.ts'
import { type ControlHandlers, serveControl } from './serve.ts'
import { tellActs, tellUntold } from './untold-acts.ts'

describe("an operator's act while no daemon runs", () => {
  const added: AuditEntry = { act: 'dev add', target: 'ana', old: null, new: 'ana', result: 'done', ms: 12 }
  let folder: string
  let layout: ReturnType<typeof yardLayout>
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'edgeyard-acts-'))
    layout = { ...yardLayout(folder), untoldActs: join(folder, 'acts'), control: join(folder, 'control.sock') }
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))

  const told = async () => {
    const entries: AuditEntry[] = []
    await tellUntold(layout, (entry) => entries.push(entry))
    return entries
  }

  it('is told by the next one, with its time, in order and once', async () => {
    const begin = Date.now()
    await tellActs(layout, [added])
    await tellActs(layout, [{ ...added, act: 'dev rm' }])
    assert.equal((await stat(layout.untoldActs)).mode & 0o777, 0o600)
    const [first, second, ...more] = await told()
    assert.deepEqual(more, [])
    const { at = '', ...entry } = first!
    assert.deepEqual(entry, added)
    assert.ok(Date.parse(at) >= begin && Date.parse(at) <= Date.now(), at)
    assert.equal(second!.act, 'dev rm')
    assert.deepEqual(await told(), [])
  })

  it('is still told when a daemon was killed while it told, and when a line is not whole', async () => {
    await tellActs(layout, [added])
    const killed = tellUntold(layout, () => {
      throw new Error('killed')
    })
    await assert.rejects(killed, /killed/)
    await appendFile(layout.untoldActs, '{"act": "dev r')
    assert.equal((await told()).length, 1)
  })

  it('is not kept for later where a daemon hears it', async () => {
    const heard: AuditEntry[] = []
    const handlers = {
      async audit({ entries }: { entries: readonly AuditEntry[] }) {
        heard.push(...entries)
        return {}
      },
    } as unknown as ControlHandlers
    const control = await serveControl(layout.control, handlers)
    try {
      await tellActs(layout, [added])
    } finally {
      await control.close()
    }
    assert.deepEqual(heard, [added])
    await assert.rejects(readFile(layout.untoldActs), /ENOENT/)
  })
})
