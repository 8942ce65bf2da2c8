// Every block of this folder, on both engines.
import { readBlockFiles } from '../testing/blocks/read-block-files.ts'
import { runBlock } from '../testing/blocks/run-block.ts'

/** One name of a block file, to try just that: BLOCKS=return npx mocha dist/servers/blocks/blocks.test.js */
const wanted = process.env.BLOCKS

for (const { name, blocks } of readBlockFiles()) {
  if (wanted !== undefined && !wanted.split(',').includes(name)) continue
  describe(`${name}, in blocks`, function () {
    this.timeout(60_000)
    for (const block of blocks) {
      const engines = block.sections.find((section) => section.name === 'engines')?.args.split(' ')
      for (const engine of ['uws', 'node'] as const) {
        if (engines !== undefined && !engines.includes(engine)) continue
        it(`${block.title} (${engine})`, () => runBlock(block, engine))
      }
    }
  })
}
