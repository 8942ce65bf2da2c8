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
      const given = block.sections.find((section) => section.name === 'engines')?.args
      const engines = (['uws', 'node'] as const).filter((engine) => given === undefined || given === engine)
      const runBoth = once(() => engines.map((engine) => runBlock(block, engine)))
      for (const [index, engine] of engines.entries()) it(`${block.title} (${engine})`, () => runBoth()[index])
    }
  })
}

/** Both engines of a block wait at the same time; a failure of the second is told when its turn comes. */
function once(start: () => Promise<void>[]): () => Promise<void>[] {
  let runs: Promise<void>[] | undefined
  return () => {
    if (runs === undefined) {
      runs = start()
      for (const run of runs) run.catch(() => {})
    }
    return runs
  }
}
