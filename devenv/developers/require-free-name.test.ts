import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { commitFiles } from '../git/commit-files.ts'
import { ensureRepositories } from '../git/repositories.ts'
import { type YardLayout, yardLayout } from '../sandbox/layout.ts'
import { addDeveloper } from './developers.ts'
import { forgetRemoval, writeRemoval } from './removals.ts'
import { requireFreeName } from './require-free-name.ts'

describe('requireFreeName', () => {
  let root: string
  let layout: YardLayout
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'edgeyard-free-'))
    layout = yardLayout(root)
  })
  afterEach(() => rm(root, { recursive: true, force: true }))
  const look = () => requireFreeName(layout, 'ana', 'Cannot add "ana"')
  const refuses = (message: RegExp) => assert.rejects(look(), { code: 'DEVELOPER_EXISTS', message })

  it('has nothing against a name that nobody had, in a yard that was never up or was', async () => {
    await look()
    await ensureRepositories(layout)
    await addDeveloper(layout, 'bob')
    await look()
    await assert.rejects(requireFreeName(layout, 'Ana', 'x'), { code: 'DEVELOPER_NAME' })
  })

  it('refuses the name of somebody, and of one whose removal is not finished', async () => {
    await writeRemoval(layout, { name: 'ana', keepData: false, at: '2026-11-29T00:00:00.000Z' })
    await refuses(/^Cannot add "ana": the one who had this name is not quite removed; "edgeyard up" finishes that/)
    await forgetRemoval(layout, 'ana')
    await addDeveloper(layout, 'ana')
    await refuses(/^Cannot add "ana": there is such a developer already/)
  })

  it('refuses a name of which anything is left', async () => {
    const { folders, access, memories } = layout.belongings('ana')
    const files = [
      ...folders.flatMap(({ folder, days }) => [join(folder, 'x'), join(days, 'x')]),
      ...memories,
      join(layout.rsyslog.work, 'ana.qi'),
      join(layout.rsyslog.work, 'ana.00000001'),
    ]
    const check = async (file: string, message: RegExp) => {
      await mkdir(dirname(file), { recursive: true })
      await writeFile(file, '')
      await refuses(message)
      await rm(file)
      if (file.endsWith('/x')) await rm(dirname(file), { recursive: true })
      await look()
    }
    for (const file of files)
      await check(file, /ana.* is there, of another one; move it away, or let "edgeyard up" put it/)
    for (const file of access) await check(file, /ana\.\w+ is there, of another one; move it away first/)
  })

  it('refuses a name that is a branch, and nothing for one that begins alike', async () => {
    await ensureRepositories(layout)
    const files = new Map([['a', Buffer.from('x')]])
    await commitFiles(layout, { repository: 'dtserver', branch: 'ana2', files, message: 'x' })
    await writeRemoval(layout, { name: 'ana2', keepData: true, at: null })
    await mkdir(join(root, 'redis/ana2'), { recursive: true })
    await look()
    await commitFiles(layout, { repository: 'dtserver', branch: 'ana', files, message: 'x' })
    await refuses(/dtserver has a branch "ana", of another one/)
  })
})
