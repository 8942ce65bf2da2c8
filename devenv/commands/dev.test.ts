import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ControlHandlers, serveControl } from '../control/serve.ts'
import { addDeveloper, readDeveloper } from '../developers/developers.ts'
import { forgetRemoval, readRemovals, writeRemoval } from '../developers/removals.ts'
import { type CommandContext, createContext } from './context.ts'
import { devAdd } from './dev.ts'
import { devRemove } from './dev-remove.ts'

describe('dev', () => {
  let folder: string
  let context: CommandContext
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'edgeyard-dev-'))
    const nothing = { print: () => {}, tell: () => {}, paint: String, paintTold: String }
    context = createContext({ root: 'yard', cwd: folder, terminal: nothing, projectRoot: folder, command: 'edgeyard' })
    await mkdir(context.layout.run, { recursive: true })
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))
  const removal = { name: 'ana', keepData: false, at: '2026-11-29T12:00:00.000Z' }

  it('add gives nobody the name of one whose removal is not finished', async () => {
    await writeRemoval(context.layout, removal)
    await assert.rejects(devAdd(context, 'ana', {}), { code: 'DEVELOPER_EXISTS', message: /not quite removed/ })
    assert.equal(await readDeveloper(context.layout, 'ana'), null)
  })

  it('add lets a daemon that runs finish it first', async () => {
    const { layout } = context
    await writeRemoval(layout, removal)
    const known: boolean[] = []
    const reconcile = async () => {
      known.push((await readDeveloper(layout, 'ana')) !== null)
      await forgetRemoval(layout, 'ana')
      return { ssh: { host: '127.0.0.1', port: 1 }, sandboxes: [] }
    }
    const control = await serveControl(layout.control, { reconcile } as unknown as ControlHandlers)
    try {
      assert.equal(await devAdd(context, 'ana', {}), 0)
      assert.deepEqual(known, [false, true])
      await assert.rejects(devAdd(context, 'ana', {}), {
        message: 'Cannot add "ana": there is such a developer already',
      })
      assert.equal(known.length, 2, 'there is nothing to finish')
    } finally {
      await control.close()
    }
  })

  it('rm takes keys and login before the developer, so that they never outlive them', async () => {
    const { layout } = context
    await addDeveloper(layout, 'ana')
    // Which cannot be deleted as the file that it should be.
    await mkdir(layout.keysOf('ana'), { recursive: true })
    await assert.rejects(devRemove(context, 'ana', { yes: true, confirm: null }))
    assert.notEqual(await readDeveloper(layout, 'ana'), null)
    await rm(layout.keysOf('ana'), { recursive: true })
    assert.equal(await devRemove(context, 'ana', { yes: true, confirm: null }), 0)
    assert.equal(await readDeveloper(layout, 'ana'), null)
    assert.equal((await readRemovals(layout)).get('ana')?.keepData, false)
  })

  it('rm leaves master as it is, keys and all', async () => {
    await mkdir(context.layout.keysOf('master'), { recursive: true })
    await assert.rejects(devRemove(context, 'master', { yes: true, confirm: null }), { code: 'DEVELOPER_NAME' })
    assert.equal((await readRemovals(context.layout)).size, 0)
  })
})
