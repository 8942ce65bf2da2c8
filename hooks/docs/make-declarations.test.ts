// The real compiler on a small library.
import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { makeDeclarations } from './make-declarations.ts'

const projectRoot = fileURLToPath(new URL('../../..', import.meta.url))

describe('makeDeclarations', () => {
  let tree: string

  beforeEach(async () => {
    tree = await mkdtemp(join(tmpdir(), 'edgeyard-tree-'))
  })
  afterEach(() => rm(tree, { recursive: true, force: true }))

  async function declare(files: Readonly<Record<string, string>>) {
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(tree, path)), { recursive: true })
      await writeFile(join(tree, path), text)
    }
    return await makeDeclarations(tree, { projectRoot })
  }

  it('infers what is not written, and keeps doc comments and no other', async () => {
    const { files, warnings } = await declare({
      'greet.ts': `// a note
import type { Log } from 'edgeyard'
import { createHash } from 'node:crypto'
import { unit } from 'common/geo/unit'
import { near } from './geo/index.ts'
/** Says it. */
export const greet = (name: string, log: Log) => ({ name: near(name), hash: createHash('sha1').digest('hex'), unit, log })
/** @internal */
export const hidden = 1
`,
      'geo/index.ts': '/** Near. */\nexport function near(name: string) { return [name] /* inner */ }\n',
      'geo/unit.ts': 'export const unit = 1000 as const\n',
      'old.js': '/** @param {number} n */\nexport function old(n) { return n + 1 }\n',
      'greet.test.ts': 'import "nothing"\n',
    })
    assert.deepEqual(warnings, [])
    assert.deepEqual(Object.fromEntries(files), {
      'geo/index.d.ts': '/** Near. */\nexport declare function near(name: string): string[];\n',
      'geo/unit.d.ts': 'export declare const unit: 1000;\n',
      'greet.d.ts': `import type { Log } from 'edgeyard';
/** Says it. */
export declare const greet: (name: string, log: Log) => {
    name: string[];
    hash: string;
    unit: 1000;
    log: Log;
};
`,
      'old.d.ts': '/** @param {number} n */\nexport declare function old(n: number): number;\n',
    })
  })

  it('tells what is wrong by its place, and declares the rest all the same', async () => {
    const { files, warnings } = await declare({
      'a.ts': "export const a: number = 'x'\n",
      'b.ts': 'export const b = 1\n',
    })
    assert.deepEqual(warnings, ["common/a.ts:1:14: Type 'string' is not assignable to type 'number'."])
    assert.deepEqual([...files.keys()], ['a.d.ts', 'b.d.ts'])
  })

  it('has nothing to do for a library without modules', async () => {
    assert.deepEqual(await declare({ 'README.md': '# common\n' }), { files: new Map(), warnings: [] })
  })
})
