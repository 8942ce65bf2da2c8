import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readMadeOf } from './publish-common.ts'

describe('the documentation of the common library', () => {
  it('is made anew where it is missing or spoilt', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'edgeyard-docs-'))
    const file = join(folder, 'docs.json')
    try {
      assert.equal(await readMadeOf(file), undefined)
      for (const [text, madeOf] of [
        ['{"madeOf":"1eadbaac1"}', '1eadbaac1'],
        ['{"madeOf":"1eadb', undefined],
        ['', undefined],
        ['null', undefined],
      ] as const) {
        await writeFile(file, text)
        assert.equal(await readMadeOf(file), madeOf, text)
      }
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  })
})
