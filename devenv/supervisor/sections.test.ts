import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readSeed } from '../../templates/read-seed.ts'
import { addDeveloper, removeDeveloper } from '../developers/developers.ts'
import { forgetRemoval, writeRemoval } from '../developers/removals.ts'
import { projectRoot } from '../e2e/yard.ts'
import { commitFiles } from '../git/commit-files.ts'
import { ensureRepositories } from '../git/repositories.ts'
import { type YardLayout, yardLayout } from '../sandbox/layout.ts'
import { haveFallenBehind } from './sections.ts'

describe('the sections of serverctrl', () => {
  let layout: YardLayout
  beforeEach(async () => {
    layout = yardLayout(await mkdtemp(join(tmpdir(), 'edgeyard-sections-')))
    await ensureRepositories(layout)
  })
  afterEach(() => rm(layout.root, { recursive: true, force: true }))

  it('have fallen behind who came or was removed, not behind a file that is missing', async () => {
    assert.equal(await haveFallenBehind(layout), false, 'nothing is there yet')
    const seed = await readSeed(projectRoot)
    const files = new Map(Object.entries(seed).map(([name, text]) => [name, Buffer.from(text)]))
    await commitFiles(layout, { repository: 'serverctrl', branch: 'master', message: 'x', files })
    assert.equal(await haveFallenBehind(layout), false)
    await addDeveloper(layout, 'ana')
    assert.equal(await haveFallenBehind(layout), true, 'ana has no section')
    const own = `${seed['socketserver.values.yaml']}\nana: { LISTEN: 1234 }\n`
    files.set('socketserver.values.yaml', Buffer.from(own))
    await commitFiles(layout, { repository: 'serverctrl', branch: 'master', message: 'y', files })
    assert.equal(await haveFallenBehind(layout), false)
    await removeDeveloper(layout, 'ana')
    assert.equal(await haveFallenBehind(layout), false, 'nobody has asked for it')
    await writeRemoval(layout, { name: 'ana', keepData: true, at: new Date(0).toISOString() })
    assert.equal(await haveFallenBehind(layout), true, 'a removal was cut off')
    await forgetRemoval(layout, 'ana')
    assert.equal(await haveFallenBehind(layout), false)
  })
})
