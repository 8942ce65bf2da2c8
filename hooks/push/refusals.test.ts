// What real git brings to the hooks when somebody tries: nothing of it reaches a ref, a release or the daemon.
import assert from 'node:assert/strict'
import { readdir } from 'node:fs/promises'
import { listBranches } from '../../devenv/git/refs.ts'
import {
  type Client,
  commitFiles,
  createClient,
  createFakeYard,
  type FakeYard,
  remoteSaid,
} from '../testing/fake-yard.ts'

describe('a push that is refused', () => {
  let yard: FakeYard
  let client: Client

  before(async () => {
    yard = await createFakeYard()
    const operator = await createClient(yard.layout.repository('socketserver'))
    await commitFiles(operator, { 'src/main.ts': 'export default 1\n' })
    const pushed = await operator.git(['push', 'origin', 'dev1', 'dev1:dev2', 'dev1:master'])
    assert.equal(pushed.exitCode, 0, pushed.stderr)
    await operator.close()
  })
  after(() => yard.close())
  beforeEach(async () => {
    client = await createClient(yard.layout.repository('socketserver'))
    await client.git(['fetch', '--quiet', 'origin'])
    await client.git(['reset', '--quiet', '--hard', 'origin/dev1'])
    yard.booted.length = 0
    yard.asked.length = 0
  })
  afterEach(() => client.close())

  /** Pushes as dev1 and sees that it changes nothing. Returns what the hooks said. */
  async function refused(args: readonly string[], env: Record<string, string> = {}): Promise<string[]> {
    const refs = async () => [...(await listBranches(yard.layout, 'socketserver'))]
    const releases = () => readdir(yard.layout.sandbox({ server: 'socketserver', developer: 'dev1' }).releases)
    const before = [await refs(), await releases()]
    const pushed = await client.git(['push', ...args], { as: 'dev1', env })
    assert.notEqual(pushed.exitCode, 0, pushed.stderr)
    assert.deepEqual([await refs(), await releases()], before)
    assert.deepEqual(yard.booted, [])
    assert.deepEqual(yard.asked, [])
    const said = remoteSaid(pushed)
    assert.doesNotMatch(said.join(''), /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/)
    return said
  }

  // All of these are good branch names for git.
  const NAMES = [
    '$(id)',
    '`id`',
    'a;id',
    'a&id',
    'a|id',
    "a'b",
    'a"b',
    'a>b',
    'a<b',
    '-x',
    '--help',
    'HEAD',
    '@',
    'a%2fb',
    '#x',
    '!x',
    'DEV1',
    'dev1/x',
    'dev',
    'dev2',
    'dev12',
    'master',
    'refs/heads/dev1',
    'a\u202eb',
    'a\u009bb',
    'x'.repeat(200),
  ]
  for (const name of NAMES) {
    it(`names a branch ${JSON.stringify(name.slice(0, 20))}`, async () => {
      await commitFiles(client, {})
      const said = await refused(['origin', `HEAD:refs/heads/${name}`])
      assert.match(said.join('\n'), /dev1 may push to refs\/heads\/dev1 and refs\/ctl/)
    })
  }

  it('names a branch in bytes that are no UTF-8', async () => {
    // An argument of a program is text in node; git makes the name out of its own quoting.
    await commitFiles(client, {})
    const head = (await client.git(['rev-parse', 'HEAD'])).stdout.toString().trim()
    const made = await client.git(['fast-import', '--quiet'], {
      input: Buffer.concat([
        Buffer.from('reset refs/heads/bytes-'),
        Buffer.from([0xff, 0xfe]),
        Buffer.from(`\nfrom ${head}\n\n`),
      ]),
    })
    assert.equal(made.exitCode, 0, made.stderr)
    await refused(['origin', '--all'])
  })

  it('mirrors a clone, which would delete the branches of all others', async () => {
    const said = await refused(['--mirror', 'origin'])
    assert.ok(said.some((line) => line.startsWith('refused: refs/heads/dev2: ')))
  })

  it('brings a tag', async () => {
    await client.git(['tag', 'v1'])
    assert.match((await refused(['origin', 'v1']))[0]!, /tags are not kept here/)
  })

  it('brings a tag with the own branch', async () => {
    await commitFiles(client, { 'src/main.ts': 'export default 2\n' })
    await client.git(['tag', '-a', '-m', 'x', 'v1'])
    await refused(['--follow-tags', 'origin', 'dev1'])
  })

  it("touches another's branch beside the own one, atomically or not", async () => {
    await commitFiles(client, { 'src/main.ts': 'export default 2\n' })
    for (const atomic of [[], ['--atomic']]) {
      const said = await refused([...atomic, 'origin', 'dev1:dev1', 'dev1:dev2'])
      assert.equal(said.length, 1, said.join('\n'))
    }
  })

  it('deletes a branch, own or not', async () => {
    await refused(['origin', ':dev1'])
    await refused(['origin', ':dev2'])
  })

  it('rewrites what others read by replacement or note', async () => {
    await refused(['origin', 'HEAD:refs/replace/1234567890123456789012345678901234567890'])
    await refused(['origin', 'HEAD:refs/notes/commits'])
  })

  it('asks for what is no verb', async () => {
    await refused(['origin', 'HEAD:refs/ctl/flush'])
    await refused(['origin', 'HEAD:refs/ctl/restart/dev2'])
  })

  it('pretends to be another by options, configuration or environment', async () => {
    await commitFiles(client, { 'src/main.ts': 'export default 2\n' })
    await refused(['-o', 'EDGEYARD_DEVELOPER=dev2', '-o', 'x$(id)', 'origin', 'dev1:dev2'], {
      EDGEYARD_ROOT: '/tmp/elsewhere',
      GIT_PUSH_OPTION_COUNT: '1',
      NODE_OPTIONS: '--require=/tmp/elsewhere.js',
      NODE_PATH: '/tmp/elsewhere',
    })
  })

  it('has no such developer, for the operator too', async () => {
    const pushed = await client.git(['push', 'origin', 'HEAD:refs/heads/dev9'])
    assert.equal(pushed.exitCode, 1)
    assert.match(
      remoteSaid(pushed)[0]!,
      /no developer of this name; the operator may push master and the branches of dev1, dev2/,
    )
  })

  describe('for its files', () => {
    /** Commits what the index holds together with one entry more, as `git update-index --cacheinfo` takes it. */
    async function withEntry(mode: string, path: string, content = 'x'): Promise<void> {
      const object =
        mode === '160000'
          ? '1234567890123456789012345678901234567890'
          : (await client.git(['hash-object', '-w', '--stdin'], { input: content })).stdout.toString().trim()
      const added = await client.git(['update-index', '--add', '--cacheinfo', `${mode},${object},${path}`])
      assert.equal(added.exitCode, 0, added.stderr)
      await client.git(['commit', '--quiet', '--message=Entry'])
    }

    it('brings a symbolic link', async () => {
      await withEntry('120000', 'src/link', '/etc/passwd')
      assert.ok((await refused(['origin', 'dev1'])).some((line) => /"src\/link": it is a symbolic link/.test(line)))
    })

    it('brings a submodule', async () => {
      await commitFiles(client, { '.gitmodules': '[submodule "x"]\n\tpath = x\n\turl = ../dev2\n' })
      await withEntry('160000', 'x')
      assert.ok((await refused(['origin', 'dev1'])).some((line) => /"x": it is a submodule/.test(line)))
    })

    it('brings the folder that is made here', async () => {
      await commitFiles(client, { 'build/src/main.js': 'evil()' })
      assert.ok((await refused(['origin', 'dev1'])).some((line) => line.includes('build/ is made here')))
    })

    it('brings names that would move a terminal', async () => {
      await commitFiles(client, { 'src/a\u001b[2Jb.ts': '' })
      assert.ok((await refused(['origin', 'dev1'])).some((line) => line.includes('control character')))
    })

    it('brings a .git folder or a way out, which git itself finds', async () => {
      const blob = (await client.git(['hash-object', '-w', '--stdin'], { input: 'x' })).stdout.toString().trim()
      for (const name of ['.git', '..', '.', 'GIT~1']) {
        const tree = await client.git(['hash-object', '-w', '-t', 'tree', '--literally', '--stdin'], {
          input: Buffer.concat([Buffer.from(`100644 ${name}\0`), Buffer.from(blob, 'hex')]),
        })
        const commit = await client.git(['commit-tree', '-m', 'x', tree.stdout.toString().trim()])
        await refused(['--force', 'origin', `${commit.stdout.toString().trim()}:refs/heads/dev1`])
      }
    })

    it('unpacks to more than it seems', async () => {
      const zeros = Buffer.alloc(15 * 1024 * 1024).toString('latin1')
      await commitFiles(client, { a: zeros, b: `${zeros}b`, c: `${zeros}c`, d: `${zeros}d` })
      assert.ok(
        (await refused(['origin', 'dev1'])).some((line) =>
          /^refused: 61 MiB of files, at most 48 MiB \(quota tree, yard\.yml\)/.test(line),
        ),
      )
      await client.git(['reset', '--quiet', '--hard', 'origin/dev1'])
      await commitFiles(client, { a: `${zeros}${zeros}` })
      assert.ok(
        (await refused(['origin', 'dev1'])).some((line) =>
          /"a": it has 30 MiB, a file may have at most 16 MiB/.test(line),
        ),
      )
    })

    it('names ten billion files by a few small trees', async () => {
      let tree = (await client.git(['rev-parse', 'HEAD^{tree}'])).stdout.toString().trim()
      for (let level = 0; level < 10; level++) {
        const entries = Array.from({ length: 10 }, (_, index) => `040000 tree ${tree}\tt${index}\n`).join('')
        tree = (await client.git(['mktree'], { input: entries })).stdout.toString().trim()
      }
      const commit = (await client.git(['commit-tree', '-m', 'x', tree])).stdout.toString().trim()
      const said = await refused(['--force', 'origin', `${commit}:refs/heads/dev1`])
      assert.ok(
        said.some((line) => line.includes('refused: more than 5000 files, at most 5000 (quota files, yard.yml)')),
      )
    })

    it('lacks the script that the conf runs', async () => {
      await commitFiles(client, { 'src/main.ts': null, 'src/other.ts': '' })
      assert.ok(
        (await refused(['origin', 'dev1'])).some((line) =>
          line.includes('Cannot find src/main.ts, which the conf runs'),
        ),
      )
    })
  })

  it('does not compile: the place, the line and a caret are shown, and what runs on', async () => {
    await commitFiles(client, { 'src/main.ts': 'export default {\n  message(ws { }\n}\n' })
    const said = await refused(['origin', 'dev1'])
    const at = said.findIndex((line) => line.startsWith('src/main.ts:2:14: '))
    assert.ok(at > 0, said.join('\n'))
    assert.deepEqual(said.slice(at + 1, at + 3), ['    message(ws { }', '               ^'])
    assert.match(said.at(-1)!, /^refused: dev1 socketserver [0-9a-f]{12}; still running release [0-9a-f]{12}$/)
  })
})
