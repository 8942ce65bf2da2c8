// The confs of a two-developer yard, as files that a person can read. After a change that is meant:
//   UPDATE_GOLDEN=1 npx mocha --no-config dist/templates/golden.test.js
// and look at the difference before it is committed.
import assert from 'node:assert/strict'
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { renderYard } from './render-yard.ts'
import { FACTS, PROJECT_ROOT, yardFiles } from './two-developer-yard.fixture.ts'

const GOLDEN = join(PROJECT_ROOT, 'templates', 'golden')

describe('the confs of a two-developer yard', () => {
  it('are those in templates/golden', async () => {
    const { confs, diagnostics } = renderYard({ files: await yardFiles(), branches: {}, facts: FACTS })
    assert.deepEqual(diagnostics, [])
    const rendered = new Map(confs.map(({ template, developer, text }) => [`${template}-${developer}.conf`, text]))
    if (process.env.UPDATE_GOLDEN === '1') await rewrite(rendered)
    assert.deepEqual((await readdir(GOLDEN)).sort(), [...rendered.keys()].sort())
    for (const [name, text] of rendered) assert.equal(text, await readFile(join(GOLDEN, name), 'utf8'), name)
  })
})

async function rewrite(rendered: ReadonlyMap<string, string>): Promise<void> {
  await rm(GOLDEN, { recursive: true, force: true })
  await mkdir(GOLDEN)
  for (const [name, text] of rendered) await writeFile(join(GOLDEN, name), text)
}
