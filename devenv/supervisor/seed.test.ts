import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { addDeveloper } from '../developers/developers.ts'
import { commitFiles } from '../git/commit-files.ts'
import { listBranches, listRefs, updateRefs } from '../git/refs.ts'
import { ensureRepositories } from '../git/repositories.ts'
import { yardLayout } from '../sandbox/layout.ts'
import { retireGone } from './seed.ts'
import type { YardContext } from './yard-context.ts'

describe('retireGone', () => {
  it('keeps the branches and the log of those who have gone, also where a branch is away already', async () => {
    const layout = yardLayout(await mkdtemp(join(tmpdir(), 'edgeyard-retire-')))
    try {
      await ensureRepositories(layout)
      await addDeveloper(layout, 'bob')
      const files = new Map([['a', Buffer.from('x')]])
      await commitFiles(layout, { repository: 'dtserver', branch: 'master', files, message: 'x' })
      const commit = (await listBranches(layout, 'dtserver')).get('master')!
      const names = ['heads/types', 'heads/bob', 'log/dtserver/bob', 'live/dtserver/bob', 'log/dtserver/master']
      const kept = names.map((name) => `refs/${name}`)
      const gone = ['heads/ana', 'live/dtserver/ana', 'log/dtserver/ana', 'live/dtserver/eve', 'log/dtserver/eve']
      await updateRefs(
        layout,
        'dtserver',
        [...kept, ...gone.map((name) => `refs/${name}`)].map((ref) => `create ${ref} ${commit}`),
      )
      for (let time = 0; time < 2; time++) {
        await retireGone({ layout } as YardContext)
        const removed = [`ana/${commit.slice(0, 12)}`, 'ana/log-dtserver', 'eve/log-dtserver']
        assert.deepEqual(
          [...(await listRefs(layout, 'dtserver', [])).keys()].sort(),
          [...kept, 'refs/heads/master', ...removed.map((name) => `refs/removed/${name}`)].sort(),
        )
      }
    } finally {
      await rm(layout.root, { recursive: true, force: true })
    }
  })
})
