// Every block of this folder, on both engines.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseBlocks } from '../testing/blocks/parse-blocks.ts'
import { runBlock } from '../testing/blocks/run-block.ts'

/** Tests run from dist/, where only what was compiled is. */
const folder = fileURLToPath(new URL('../../../servers/blocks/', import.meta.url))
/** One folder or name of a block file, to try just that: BLOCKS=return npx mocha dist/servers/blocks/blocks.test.js */
const wanted = process.env.BLOCKS

for (const file of readdirSync(folder).sort()) {
  if (!file.endsWith('.block') || (wanted !== undefined && file !== `${wanted}.block`)) continue
  describe(`${file.slice(0, -'.block'.length)}, in blocks`, function () {
    this.timeout(60_000)
    for (const block of parseBlocks(readFileSync(join(folder, file), 'utf8'), file)) {
      const engines = block.sections.find(({ name }) => name === 'engines')?.args.split(' ')
      for (const engine of ['uws', 'node'] as const) {
        if (engines !== undefined && !engines.includes(engine)) continue
        it(`${block.title} (${engine})`, () => runBlock(block, engine))
      }
    }
  })
}
