// The yard's repositories as git itself sees them.
import assert from 'node:assert/strict'
import { chmod, lstat, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { REPOSITORIES } from '../../servers/contract/names.ts'
import { runOk } from '../exec/run-command.ts'
import { type YardLayout, yardLayout } from '../sandbox/layout.ts'
import { gitCommand } from './git.ts'
import { pushFiles } from './push-files.ts'
import { readAllTemplates, readPushedTemplates, readTemplates } from './read-templates.ts'
import { listBranches, resolveBranch } from './refs.ts'
import { ensureRepositories } from './repositories.ts'

describe("the yard's repositories", () => {
  let layout: YardLayout

  beforeEach(async () => {
    layout = yardLayout(await mkdtemp(join(tmpdir(), "edgeyard git' ")))
    await ensureRepositories(layout)
    // These tests are about git; the hooks have their own.
    for (const hook of ['pre-receive', 'post-receive', 'proc-receive']) {
      await writeFile(join(layout.hooks, hook), '#!/bin/sh\necho "$0 says ä" >&2\ncat >/dev/null\n')
    }
  })
  afterEach(() => rm(layout.root, { recursive: true, force: true }))

  const git = async (repository: (typeof REPOSITORIES)[number], ...args: string[]) =>
    (await runOk(gitCommand(layout.repository(repository), args))).stdout.toString().trim()
  const texts = (files: Readonly<Record<string, string>>) =>
    new Map(Object.entries(files).map(([path, text]) => [path, Buffer.from(text)]))

  it('are bare, begin with master, take hooks from outside, check what they get and leave garbage alone', async () => {
    for (const repository of REPOSITORIES) {
      assert.equal(await git(repository, 'symbolic-ref', 'HEAD'), 'refs/heads/master')
      const config = await git(repository, 'config', '--list')
      for (const line of [
        'core.bare=true',
        'receive.fsckobjects=true',
        'receive.denydeletes=true',
        'receive.autogc=false',
        'gc.auto=0',
        'receive.procreceiverefs=refs/ctl',
        'receive.advertisepushoptions=true',
        `core.hookspath=${layout.hooks}`,
      ]) {
        assert.ok(config.split('\n').includes(line), line)
      }
      assert.deepEqual((await readdir(layout.repository(repository))).sort(), ['HEAD', 'config', 'objects', 'refs'])
    }
  })

  it('are closed to the users that sandboxes run as', async () => {
    assert.equal((await lstat(join(layout.hooks, '..'))).mode & 0o777, 0o700)
  })

  it('are put right when somebody has changed them, and otherwise left alone', async () => {
    await pushFiles(layout, { repository: 'dtserver', branches: ['master'], files: texts({ a: '1' }), message: 'm' })
    const commit = await resolveBranch(layout, 'dtserver', 'master')
    const config = join(layout.repository('dtserver'), 'config')
    await writeFile(config, '[core]\n\tbare = true\n\tfsmonitor = /tmp/evil\n')
    await chmod(join(layout.hooks, 'pre-receive'), 0o600)
    await ensureRepositories(layout)
    assert.doesNotMatch(await readFile(config, 'utf8'), /evil/)
    assert.match(
      await readFile(join(layout.hooks, 'pre-receive'), 'utf8'),
      /hook-programs\/run-alone\.js' pre-receive\n$/,
    )
    assert.equal((await lstat(join(layout.hooks, 'pre-receive'))).mode & 0o777, 0o755)
    assert.equal(await resolveBranch(layout, 'dtserver', 'master'), commit)
    const { ino } = await lstat(config)
    await ensureRepositories(layout)
    assert.equal((await lstat(config)).ino, ino)
  })

  describe('pushFiles', () => {
    it('makes one first commit for all branches, through the hooks, and tells what they say', async () => {
      const said: string[] = []
      const push = {
        repository: 'socketserver',
        branches: ['master', 'dev1'],
        message: 'Ein Anfang',
        onProgress: (line: string) => said.push(line),
      } as const
      const moved = await pushFiles(layout, {
        ...push,
        files: texts({ 'src/main.ts': 'a', 'odd "name\\.txt': 'b\0\xff' }),
      })
      assert.deepEqual([...moved], [...(await listBranches(layout, 'socketserver'))].sort().reverse())
      assert.equal(moved.get('master'), moved.get('dev1'))
      assert.equal(await git('socketserver', 'log', '--format=%an %s', 'dev1'), 'edgeyard Ein Anfang')
      assert.equal(await git('socketserver', 'show', 'dev1:odd "name\\.txt'), 'b\0\xff')
      assert.deepEqual(said, [`${layout.hooks}/pre-receive says ä`, `${layout.hooks}/post-receive says ä`])
    })

    it('adds to each branch what differs, and pushes nothing when nothing does', async () => {
      const base = { repository: 'serverctrl', message: 'm' } as const
      await pushFiles(layout, { ...base, branches: ['master', 'dev1'], files: texts({ a: '1', b: '1' }) })
      await pushFiles(layout, { ...base, branches: ['dev1'], files: texts({ b: '2' }) })
      const moved = await pushFiles(layout, { ...base, branches: ['master', 'dev1'], files: texts({ b: '2' }) })
      assert.deepEqual([...moved.keys()], ['master'])
      assert.deepEqual(await readTemplates(layout, 'master'), { a: '1', b: '2' })
      assert.equal(await git('serverctrl', 'rev-list', '--count', 'master'), '2')
      assert.equal(
        (await pushFiles(layout, { ...base, branches: ['master', 'dev1'], files: texts({ a: '1' }) })).size,
        0,
      )
    })

    it('takes the files of a folder', async () => {
      const folder = join(layout.root, 'starter')
      const { mkdir } = await import('node:fs/promises')
      await mkdir(join(folder, 'src/deep'), { recursive: true })
      await writeFile(join(folder, 'src/deep/a.ts'), 'a')
      await writeFile(join(folder, 'README.md'), 'b')
      await pushFiles(layout, { repository: 'dtserver', branches: ['dev1'], files: folder, message: 'm' })
      assert.equal(await git('dtserver', 'ls-tree', '-r', '--name-only', 'dev1'), 'README.md\nsrc/deep/a.ts')
    })

    it('throws with the words of the hook that refused', async () => {
      await writeFile(join(layout.hooks, 'pre-receive'), '#!/bin/sh\necho no such luck >&2\nexit 1\n')
      const push = { repository: 'dtserver', branches: ['dev1'], files: texts({ a: 'a' }), message: 'm' } as const
      await assert.rejects(pushFiles(layout, push), {
        code: 'PUSH_REFUSED',
        message: /dev1 to dtserver.*\nno such luck/,
      })
      assert.equal(await resolveBranch(layout, 'dtserver', 'dev1'), null)
    })

    it('works when the repository belongs to another user (only root can make one)', async function () {
      if (process.getuid?.() !== 0) return this.skip()
      await runOk({ file: 'chown', args: ['-R', '12345', join(layout.root, 'git')] })
      const push = { repository: 'dtserver', branches: ['dev1'], files: texts({ a: 'a' }), message: 'm' } as const
      assert.equal((await pushFiles(layout, push)).size, 1)
      assert.equal((await listBranches(layout, 'dtserver')).size, 1)
    })
  })

  describe('templates', () => {
    it('are the files at the top of each branch; folders and links are left out', async () => {
      const push = { repository: 'serverctrl', message: 'm' } as const
      await pushFiles(layout, {
        ...push,
        branches: ['master', 'dev1'],
        files: texts({ 'a.hbs': 'ä', 'folder/b': 'b', __proto__x: 'c' }),
      })
      await pushFiles(layout, { ...push, branches: ['dev1'], files: texts({ 'a.hbs': 'x' }) })
      const all = await readAllTemplates(layout, ['master', 'dev1', 'dev2'])
      assert.deepEqual(
        [...all],
        [
          ['master', { 'a.hbs': 'ä', __proto__x: 'c' }],
          ['dev1', { 'a.hbs': 'x', __proto__x: 'c' }],
        ],
      )
      assert.equal(await readTemplates(layout, 'dev2'), null)
    })

    it('of a commit that is being pushed are measured before they are read', async () => {
      const push = { repository: 'serverctrl', message: 'm', branches: ['dev1'] } as const
      const commit = (await pushFiles(layout, { ...push, files: texts({ a: 'a' }) })).get('dev1')!
      assert.deepEqual(await readPushedTemplates(layout, commit, {}), { a: 'a' })
      const large = await pushFiles(layout, { ...push, files: new Map([['b', Buffer.alloc(3 * 1024 * 1024)]]) })
      await assert.rejects(readPushedTemplates(layout, large.get('dev1')!, {}), {
        code: 'TREE_REFUSED',
        message: /b: it is larger/,
      })
    })
  })
})
