// Pushes on real git, by a local path: what is accepted, what is told, what is there afterwards.
import assert from 'node:assert/strict'
import { mkdir, readdir, readFile, readlink, stat, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { runOk } from '../../devenv/exec/run-command.ts'
import { gitCommand } from '../../devenv/git/git.ts'
import { resolveBranch } from '../../devenv/git/refs.ts'
import { QUOTAS_DEFAULT } from '../../devenv/sandbox/quotas.ts'
import { releaseName } from '../../servers/contract/release.ts'
import { liveRelease } from '../build/releases.ts'
import {
  type Client,
  commitFiles,
  createClient,
  createFakeYard,
  type FakeYard,
  remoteSaid,
} from '../testing/fake-yard.ts'

describe('a push of scripts', () => {
  let yard: FakeYard
  let client: Client

  beforeEach(async () => {
    yard = await createFakeYard()
    client = await createClient(yard.layout.repository('socketserver'))
  })
  afterEach(async () => {
    await client.close()
    await yard.close()
  })

  it('is exported, built, booted, switched, and its last line says what is live', async () => {
    const commit = await commitFiles(client, { 'src/main.ts': 'export default { message() {} }\n' })
    const pushed = await client.git(['push', 'origin', 'dev1'], { as: 'dev1' })
    assert.equal(pushed.exitCode, 0, pushed.stderr)
    const release = releaseName(commit)
    assert.equal(
      remoteSaid(pushed).at(-1),
      `dev1 socketserver is live: release ${release} at ws://127.0.0.1:1/socketserver/dev1`,
    )
    assert.deepEqual(
      yard.booted.map(({ server, developer, commit }) => ({ server, developer, commit })),
      [{ server: 'socketserver', developer: 'dev1', commit }],
    )
    const sandbox = yard.layout.sandbox({ server: 'socketserver', developer: 'dev1' })
    assert.deepEqual(await readdir(sandbox.releases), [release])
    assert.equal(await readlink(sandbox.src), `releases/${release}/src`)
    const map = JSON.parse(await readFile(join(sandbox.release(release), 'build/src/main.js.map'), 'utf8'))
    assert.deepEqual(map.sources, ['../../src/main.ts'])
    assert.equal((await stat(join(sandbox.release(release), 'src/main.ts'))).mode & 0o777, 0o444)
  })

  const sandboxOf = (developer: string) => yard.layout.sandbox({ server: 'socketserver', developer })
  const push = (...args: string[]) => client.git(['push', 'origin', ...args], { as: 'dev1' })

  it('of several branches by the operator is one walk: all are booted together', async () => {
    const commit = await commitFiles(client, { 'src/main.ts': 'export default 1\n' })
    const pushed = await client.git(['push', '--atomic', 'origin', 'dev1:dev1', 'dev1:dev2', 'dev1:master'])
    assert.equal(pushed.exitCode, 0, pushed.stderr)
    assert.deepEqual(yard.booted.map(({ developer }) => developer).sort(), ['dev1', 'dev2', 'master'])
    for (const developer of ['dev1', 'dev2', 'master']) {
      assert.equal(liveRelease(sandboxOf(developer)), releaseName(commit))
    }
  })

  it('that was overtaken is refused, with what to do', async () => {
    const first = await commitFiles(client, { 'src/main.ts': 'export default 1\n' })
    await push('dev1')
    await commitFiles(client, { 'src/main.ts': 'export default 2\n' })
    const repository = yard.layout.repository('socketserver')
    const other = await commitFiles(client, { 'src/main.ts': 'export default 3\n' })
    await client.git(['push', '--quiet', 'origin', `${other}:refs/heads/dev2`])
    await client.git(['reset', '--quiet', '--hard', 'HEAD~1'])
    yard.whileBooting = () => runOk(gitCommand(repository, ['update-ref', 'refs/heads/dev1', other, first]))
    const late = await push('dev1')
    assert.equal(late.exitCode, 1, late.stderr)
    const said = `refused: refs/heads/dev1 has moved to ${releaseName(other)} ("A change", by Ana, `
    assert.ok(remoteSaid(late).at(-1)?.startsWith(said), late.stderr)
    assert.match(late.stderr, / ago\) in the meantime; fetch, and push again/)
    assert.equal(await resolveBranch(yard.layout, 'socketserver', 'dev1'), other)
  })

  it('by force is taken: a branch is its own', async () => {
    await commitFiles(client, { 'src/main.ts': 'export default 1\n' })
    await push('dev1')
    await client.git(['commit', '--quiet', '--amend', '--message=Other'])
    assert.notEqual((await push('dev1')).exitCode, 0)
    const forced = await push('+dev1')
    assert.equal(forced.exitCode, 0, forced.stderr)
  })

  it('of a commit that was built before uses its release again', async () => {
    const first = await commitFiles(client, { 'src/main.ts': 'export default 1\n' })
    await push('dev1')
    const { ino } = await stat(sandboxOf('dev1').release(releaseName(first)))
    await commitFiles(client, { 'src/main.ts': 'export default 2\n' })
    await push('dev1')
    const back = await push(`+${first}:dev1`)
    assert.equal(back.exitCode, 0, back.stderr)
    assert.ok(!remoteSaid(back).some((line) => line.startsWith('build')), back.stderr)
    assert.equal((await stat(sandboxOf('dev1').release(releaseName(first)))).ino, ino)
  })

  it('takes the files as they are: no attribute has a say, and nobody but us can write them', async () => {
    const commit = await commitFiles(client, {
      'src/main.ts': 'export default "$Format:%an$"\n',
      '.gitattributes': '* export-ignore export-subst ident filter=evil text eol=crlf\n',
      'public/größe 🎈.txt': 'line\n',
      'edgeyard.d.ts': 'export {}\n',
    })
    const pushed = await push('dev1')
    assert.equal(pushed.exitCode, 0, pushed.stderr)
    const release = sandboxOf('dev1').release(releaseName(commit))
    const files = (await readdir(release, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile())
    assert.deepEqual(files.map((entry) => join(entry.parentPath, entry.name).slice(release.length + 1)).sort(), [
      '.gitattributes',
      'build/.bytes',
      'build/src/main.js',
      'build/src/main.js.map',
      'edgeyard.d.ts',
      'public/größe 🎈.txt',
      'src/main.ts',
    ])
    assert.equal(await readFile(join(release, 'src/main.ts'), 'utf8'), 'export default "$Format:%an$"\n')
    assert.equal(await readFile(join(release, 'public/größe 🎈.txt'), 'utf8'), 'line\n')
    for (const entry of files) assert.equal((await stat(join(entry.parentPath, entry.name))).mode & 0o777, 0o444)
    assert.equal((await stat(join(release, 'public'))).mode & 0o777, 0o755)
  })

  it('shows why its candidate did not get ready, and what runs on', async () => {
    const first = await commitFiles(client, { 'src/main.ts': 'export default 1\n' })
    await push('dev1')
    const second = await commitFiles(client, { 'src/main.ts': 'throw new Error("oh \\u001b[31m")\n' })
    yard.failures = [
      {
        server: 'socketserver',
        developer: 'dev1',
        message: 'its script threw: Error: oh \u001b[31m',
        diagnostic: {
          file: 'src/main.ts',
          line: 1,
          column: 7,
          message: 'Error: oh',
          lineText: 'throw new Error("oh")',
          length: 5,
        },
        lastLines: ['emerg: \u001b]0;title\u0007 something', 'bye'],
      },
    ]
    const pushed = await push('dev1')
    assert.equal(pushed.exitCode, 1)
    const said = remoteSaid(pushed).filter((line) => !/^(export|build|boot) /.test(line))
    assert.deepEqual(said, [
      'dev1 socketserver: its script threw: Error: oh ?[31m',
      'src/main.ts:1:7: Error: oh',
      '  throw new Error("oh")',
      '        ^^^^^',
      'its last lines:',
      '  | emerg: ?]0;title? something',
      '  | bye',
      `refused: dev1 socketserver ${releaseName(second)}; still running release ${releaseName(first)}`,
    ])
    assert.equal(liveRelease(sandboxOf('dev1')), releaseName(first))
    // Nothing runs on where nothing ran.
    yard.state = 'stopped'
    assert.equal(
      remoteSaid(await push('dev1')).at(-1),
      `refused: dev1 socketserver ${releaseName(second)}; it is stopped, as before, at release ${releaseName(first)}`,
    )
  })

  it('passes on the warnings of the build', async () => {
    await commitFiles(client, { 'src/main.ts': 'export default 1\nif (typeof module === "nope") console.log(2)\n' })
    const said = remoteSaid(await push('dev1'))
    assert.ok(said.includes('warnings:'), said.join('\n'))
    assert.ok(
      said.some((line) => line.startsWith('src/main.ts:2:')),
      said.join('\n'),
    )
  })

  it('is refused with one clear line when the yard is not running', async () => {
    await commitFiles(client, { 'src/main.ts': 'export default 1\n' })
    await yard.stopDaemon()
    const pushed = await push('dev1')
    assert.equal(pushed.exitCode, 1)
    assert.deepEqual(remoteSaid(pushed), ['the yard is not running; tell the operator: edgeyard up'])
  })

  it('to httpserver says how a developer gets one, and reaches the one that is shared for master', async () => {
    const http = await createClient(yard.layout.repository('httpserver'))
    try {
      await commitFiles(http, { 'src/main.ts': 'export default 1\n', 'public/index.html': 'x' })
      const pushed = await http.git(['push', 'origin', 'dev1'], { as: 'dev1' })
      assert.equal(pushed.exitCode, 1)
      assert.match(
        pushed.stderr,
        /dev1 has no httpserver of their own; the operator can give them one with a section "dev1:"/,
      )
      const shared = await http.git(['push', 'origin', 'dev1:master'], { as: 'master' })
      assert.equal(shared.exitCode, 0, shared.stderr)
    } finally {
      await http.close()
    }
  })

  it('keeps a number of releases, and always the live one', async () => {
    const commits: string[] = []
    for (let index = 0; index < 3; index++) {
      commits.push(await commitFiles(client, { 'src/main.ts': `export default ${index}\n` }))
      await push('dev1')
    }
    const { releases } = sandboxOf('dev1')
    const RELEASES_KEPT = QUOTAS_DEFAULT.everybody.releases
    for (let index = 0; index < RELEASES_KEPT; index++) {
      await mkdir(join(releases, `old${index}`))
      await utimes(join(releases, `old${index}`), index, index)
    }
    // What a killed push left; no process has this pid.
    await mkdir(join(releases, '.incoming-999999999-abcd'))
    await push(`+${commits[0]}:dev1`)
    const kept = await readdir(releases)
    assert.equal(kept.filter((name) => !name.startsWith('.')).length, RELEASES_KEPT)
    for (const commit of commits) assert.ok(kept.includes(releaseName(commit)))
    assert.ok(!kept.includes('old0') && kept.includes(`old${RELEASES_KEPT - 1}`))
  })
})
