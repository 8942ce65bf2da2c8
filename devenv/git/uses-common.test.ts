import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runOk } from '../exec/run-command.ts'
import { yardLayout } from '../sandbox/layout.ts'
import { gitCommand } from './git.ts'
import { initBare } from './simple.ts'
import { findUsers, usesCommon } from './uses-common.ts'

/** A file of a commit each, and whether the commit uses the library by it. */
const FILES: readonly (readonly [path: string, text: string, uses: boolean])[] = [
  ['src/main.ts', `import { retry } from 'common/backoff'\n`, true],
  ['deep/er/tool.mjs', 'const name = `common/x`\n', true],
  ['src/view.tsx', '// "common/x" in a comment\n', true],
  ['src/main.ts', `import { retry } from './common/backoff'\n`, false],
  ['src/main.ts', `import 'common'\n`, false],
  ['edgeyard.d.ts', `import 'common/backoff'\n`, false],
  ['src/types.d.mts', `import 'common/backoff'\n`, true],
  ['notes.md', `'common/backoff'\n`, false],
  ['src/ts', `'common/backoff'\n`, false],
  ['src/latin.js', `\xff 'common/x'\n`, true],
]

describe('whether a commit uses the common library', () => {
  it('is told alike by a look into its files and by git', async () => {
    const root = await mkdtemp(join(tmpdir(), 'edgeyard-uses-'))
    const layout = yardLayout(root)
    const folder = layout.repository('socketserver')
    try {
      await runOk({ file: 'mkdir', args: ['-p', folder] })
      await initBare(folder)
      const commands = FILES.map(([path, text], n) => {
        const data = Buffer.from(text, 'latin1')
        const head = `commit refs/heads/b${n}\nmark :${n + 1}\ncommitter a <a@b> 0 +0000\ndata 0\nM 644 inline ${path}\n`
        return Buffer.concat([Buffer.from(`${head}data ${data.length}\n`), data, Buffer.from(`\nget-mark :${n + 1}\n`)])
      })
      const input = Buffer.concat([...commands, Buffer.from('done\n')])
      const { stdout } = await runOk(gitCommand(folder, ['fast-import', '--quiet', '--done']), { input })
      const commits = stdout.toString('latin1').split('\n').filter(Boolean)
      const users = await findUsers(layout, 'socketserver', commits)
      for (const [n, [path, text, uses]] of FILES.entries()) {
        assert.equal(users.has(commits[n]!), uses, `git, of ${path}: ${text}`)
        assert.equal(usesCommon(path, Buffer.from(text, 'latin1')), uses, `${path}: ${text}`)
      }
    } finally {
      await rm(root, { recursive: true, force: true })
    }
  })
})
