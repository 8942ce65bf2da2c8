// The common library end to end: who imports it, who may push it, who may not read it, and what developers know of it.
import assert from 'node:assert/strict'
import { mkdtempSync } from 'node:fs'
import { readdir, readFile, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import type { Docs } from '../../servers/contract/docs.ts'
import { callControl } from '../control/call.ts'
import { httpGet, Session } from './clients.ts'
import { namedScript } from './scripts.ts'
import { Clone, projectRoot, run, sharedYard, type TestYard, until } from './yard.ts'

/** Answers with what the library says, and throws in it when it is told to. */
const SCRIPT = `import type { SocketScript } from 'edgeyard'
import { greet } from 'common/greet'

export default {
  fetch: () => ({ body: greet('you') }),
  message(ws, data) {
    ws.send(greet(String(data)))
  },
} satisfies SocketScript<undefined>
`

const greet = (word: string) => `import type { Mark } from './marks.ts' // PRIVATE NOTE

/** Says it. */
export function greet(name: string, mark: Mark | '' = ''): string {
  if (name === 'throw') throw new Error('greeted too much') // PRIVATE NOTE
  return \`${word} \${name}\${mark}\`
}
`

describe('the common library', function () {
  this.timeout(120_000)
  let yard: TestYard
  let library: Clone
  let scripts: Clone
  let live: string

  before(async () => {
    yard = await sharedYard()
    // The operator's way: a path, and no key.
    library = new Clone(yard, mkdtempSync(join(yard.folder, 'common-')), 'master')
    await library.must('clone', '-q', join(yard.root, 'git/common.git'), '.')
    scripts = await yard.clone('socketserver', 'dev1')
    live = await pushLibrary('hello')
    await scripts.ship({ 'src/main.ts': SCRIPT })
  })
  after(async () => {
    await scripts.ship({ 'src/main.ts': namedScript('again') })
  })

  async function pushLibrary(word: string): Promise<string> {
    await library.write('marks.ts', "export type Mark = '!' | '?'\n")
    await library.write('greet.ts', greet(word))
    const commit = await library.commit(`Say ${word}`)
    await library.must('push', '-q', 'origin', 'HEAD:master')
    return commit
  }
  const sandbox = () => yard.sandbox('socketserver', 'dev1')
  const says = async () => (await httpGet((await sandbox()).url.replace('ws:', 'http:'))).body

  it('is imported by name, and the release is named by both commits', async () => {
    assert.equal(await says(), 'hello you')
    const { release, commit, common } = await sandbox()
    assert.equal(common, live)
    assert.equal(release, `${commit!.slice(0, 12)}-${live.slice(0, 12)}`)
    assert.deepEqual((await yard.status()).common, { commit: live })
    assert.equal((await yard.sandbox('socketserver', 'dev2')).common, null)
  })

  it('moves every sandbox that uses it, and no other, and says so', async () => {
    const before = await yard.pids()
    await library.write('greet.ts', greet('welcome'))
    live = await library.commit('Say welcome')
    const pushed = await library.git('push', 'origin', 'HEAD:master')
    assert.equal(pushed.exitCode, 0, pushed.output)
    assert.match(pushed.stderr, /remote: \d+ sandboxes, 1 of them with code that uses it/)
    assert.match(
      pushed.stderr,
      new RegExp(`remote: dev1 socketserver is live: release [0-9a-f]{12}-${live.slice(0, 12)} at ws:`),
    )
    assert.equal(await says(), 'welcome you')
    const after = await yard.pids()
    assert.notEqual(after['socketserver/dev1'], before['socketserver/dev1'])
    assert.deepEqual({ ...after, 'socketserver/dev1': 0 }, { ...before, 'socketserver/dev1': 0 })
  })

  it('with which a sandbox would not start is refused at its line, and nothing at all has changed', async () => {
    const before = await yard.standing()
    const releases = await readdir(join(yard.root, 'socketserver/dev1/releases'))
    await library.write('greet.ts', `${greet('never')}\nexport const table: unknown = JSON.parse('{')\n`)
    await library.commit('Break it')
    const refused = await library.git('push', 'origin', 'HEAD:master')
    assert.notEqual(refused.exitCode, 0)
    assert.match(
      refused.stderr,
      /remote: common\/greet\.ts:9:36: SyntaxError: .*\s+remote: +export const table: unknown = JSON\.parse/,
    )
    assert.match(refused.stderr, /remote: dev1 socketserver: /)
    assert.match(
      refused.stderr,
      new RegExp(`remote: refused: common [0-9a-f]{12}; it stays at ${live.slice(0, 12)}, and everything`),
    )
    assert.deepEqual(await yard.standing(), before)
    // Old ones may go at any time.
    const now = await readdir(join(yard.root, 'socketserver/dev1/releases'))
    assert.deepEqual(
      now.filter((release) => !releases.includes(release)),
      [],
    )
    assert.deepEqual(
      (await readdir(join(yard.root, 'run/processes'))).filter((name) => name.startsWith('socketserver-dev1')).length,
      1,
    )
    await library.must('reset', '-q', '--hard', 'HEAD~1')
  })

  it('is where the stack of an error leads, by file, line and column', async () => {
    const session = await Session.open((await sandbox()).url)
    session.socket.send('throw')
    assert.equal(await session.closed, 1011)
    const day = new Date().toISOString().slice(0, 10)
    const record = await until('the error is recorded', async () => {
      const text = await readFile(join(yard.root, `socketserver/dev1/logs/${day}.jsonl`), 'utf8')
      return text.split('\n').find((line) => line.includes('greeted too much'))
    })
    assert.match(record, /at greet \(common\/greet\.ts:5:31\)/)
    assert.match(record, /\(src\/main\.ts:7:/)
  })

  describe('cannot be read', () => {
    it('over ssh by a developer, in any way', async () => {
      const { ssh } = await yard.status()
      const url = `ssh://git@${ssh.host}:${ssh.port}/common`
      const ways = [
        ['ls-remote', url],
        ['clone', '-q', url, join(yard.folder, 'stolen')],
        ['archive', `--remote=${url}`, 'master'],
        ['fetch', `${url}.git`, 'master'],
        ['push', url, 'HEAD:refs/heads/master'],
      ]
      for (const way of ways) {
        const { exitCode, output } = await run('git', way, { cwd: scripts.folder, env: yard.gitEnvironment('dev1') })
        assert.notEqual(exitCode, 0, way.join(' '))
        assert.match(
          output,
          /edgeyard: the common library is read and pushed by the operator only; its documentation/,
          way[0],
        )
        assert.doesNotMatch(output, /[0-9a-f]{40}/)
      }
    })

    it('by a script: neither its repository nor its tree nor its text is where it runs', async () => {
      const places = ['git/common.git', 'git', 'common', `common/${live.slice(0, 12)}/greet.ts`].map((path) =>
        join(yard.root, path),
      )
      await scripts.ship({
        'src/main.ts': `import { readFileSync, readdirSync, statSync } from 'node:fs'
import { greet } from 'common/greet'
const look = (path: string) => { try { statSync(path); readdirSync(path); return 'seen ' + path } catch (error) { return (error as { code: string }).code } }
const all = (folder: string): string => readdirSync(folder, { withFileTypes: true, recursive: true } as never).filter((e: any) => e.isFile()).map((e: any) => readFileSync(e.parentPath + '/' + e.name, 'utf8')).join('')
export default {
  fetch: () => ({ body: JSON.stringify({ greet: greet('x'), places: ${JSON.stringify(places)}.map(look), note: all(process.cwd() + '/releases').includes(['PRIVATE', 'NOTE'].join(' ')) }) }),
  message() {},
}
`,
      })
      const found = JSON.parse(await says())
      assert.match(found.greet, /^\w.* x$/)
      if (process.getuid?.() === 0) for (const said of found.places) assert.match(said, /^(ENOENT|EACCES)$/)
      assert.equal(found.note, false)
      await scripts.ship({ 'src/main.ts': SCRIPT })
    })

    it('by its releases: they have its code, and not a line of its source', async () => {
      const { release } = await sandbox()
      const folder = join(yard.root, 'socketserver/dev1/releases', release!)
      const map = JSON.parse(await readFile(join(folder, 'build/src/main.js.map'), 'utf8'))
      assert.deepEqual(map.sources.toSorted(), ['../../common/greet.ts', '../../src/main.ts'])
      const files = await readdir(folder, { recursive: true, withFileTypes: true })
      for (const file of files.filter((entry) => entry.isFile())) {
        assert.doesNotMatch(await readFile(join(file.parentPath, file.name), 'utf8'), /PRIVATE NOTE/, file.name)
      }
    })
  })

  it('can be read and pushed with the key of master', async () => {
    await yard.do('dev', 'key', 'add', 'master', await yard.makeKey('master'))
    const own = await yard.clone('common', 'master')
    await own.write('greet.ts', greet('good day'))
    live = await own.commit('Say good day')
    const pushed = await own.push()
    assert.equal(pushed.exitCode, 0, pushed.output)
    assert.equal(await says(), 'good day you')
    await library.must('pull', '-q', '--ff-only', 'origin', 'master')
  })

  it('and a script that are pushed at once end with both live', async () => {
    const word = 'salut'
    await library.write('greet.ts', greet(word))
    live = await library.commit(`Say ${word}`)
    await scripts.write('src/main.ts', SCRIPT.replace("greet('you')", "greet('everybody')"))
    const script = await scripts.commit('Greet everybody')
    const pushes = await Promise.all([library.git('push', 'origin', 'HEAD:master'), scripts.push()])
    for (const pushed of pushes) assert.equal(pushed.exitCode, 0, pushed.output)
    assert.equal(await says(), 'salut everybody')
    const { commit, common } = await sandbox()
    assert.deepEqual({ commit, common }, { commit: script, common: live })
    await scripts.ship({ 'src/main.ts': SCRIPT })
  })

  it('is followed when its branch was moved and no hook has told of it', async () => {
    const repository = join(yard.root, 'git/common.git')
    await library.must('push', '-q', 'origin', 'HEAD:refs/heads/master')
    const move = async (commit: string) => {
      const moved = await run('git', ['--git-dir', repository, 'update-ref', 'refs/heads/master', commit])
      assert.equal(moved.exitCode, 0, moved.output)
      await callControl(join(yard.root, 'run/control.sock'), 'reconcile', {})
    }
    await move(`${live}~1`)
    assert.equal(await says(), 'good day you')
    await move(live)
    assert.equal(await says(), 'salut you')
  })

  describe('is known to the editor of a fresh clone', () => {
    const check = async (clone: Clone) => {
      const tsc = join(projectRoot, 'node_modules/typescript/bin/tsc')
      return await run(process.execPath, [tsc, '--noEmit', '-p', clone.folder])
    }
    let fresh: Clone

    before(async () => {
      fresh = await yard.clone('socketserver', 'dev2')
      await symlink(join(projectRoot, 'node_modules'), join(fresh.folder, 'node_modules'))
    })

    it('with the modules that the yard began with: a right use is none, a wrong one is an error', async () => {
      // What others have pushed to this branch meanwhile is not the question.
      await fresh.write('src/main.ts', 'export default {}\n')
      const main = "import { delayMs, retry } from 'common/backoff'\nimport { type Id, newId } from 'common/ids'\n"
      await fresh.write(
        'src/use.ts',
        `${main}export const right: [number, Id, Promise<string>] = [delayMs(1), newId(), retry(() => 'x')]\n`,
      )
      const right = await check(fresh)
      assert.equal(right.exitCode, 0, right.output)
      await fresh.write(
        'src/use.ts',
        `${main}export const wrong: [string, Id, unknown] = [delayMs('1'), 'id', retry()]\n`,
      )
      const wrong = await check(fresh)
      assert.notEqual(wrong.exitCode, 0)
      assert.match(wrong.output, /use\.ts\(3,\d+\): error TS2322: Type 'number' is not assignable to type 'string'/)
      assert.match(wrong.output, /use\.ts\(3,\d+\): error TS2345: Argument of type 'string'/)
      assert.match(wrong.output, /error TS2554: Expected 1-2 arguments/)
      await fresh.write('src/use.ts', "import { greet } from 'common/greet'\nexport const word: number = greet('x')\n")
      assert.match((await check(fresh)).output, /TS2307: Cannot find module 'common\/greet'/)
    })

    it('with what came since, after one line that a push tells', async () => {
      await fresh.must('checkout', '-q', '-B', 'try')
      const said = await scripts.ship({ 'src/other.ts': 'export const other = 1\n' })
      const command = /remote: types: yours are not the yard's; git fetch && (git restore [^\n]*)/.exec(
        said.stderr,
      )?.[1]
      assert.equal(command?.trim(), 'git restore --source=origin/types edgeyard.d.ts types/common')
      await fresh.must('fetch', '-q', 'origin')
      await fresh.must(...command!.trim().split(' ').slice(1))
      const declarations = await readFile(join(fresh.folder, 'types/common/greet.d.ts'), 'utf8')
      assert.match(
        declarations,
        /^\/\*\* Says it\. \*\/\nexport declare function greet\(name: string, mark\?: Mark \| ''\): string;\n/m,
      )
      await fresh.write(
        'src/use.ts',
        "import { greet } from 'common/greet'\nexport const word: number = greet('x', '.')\n",
      )
      const wrong = await check(fresh)
      assert.match(wrong.output, /use\.ts\(2,\d+\): error TS2322: Type 'string' is not assignable to type 'number'/)
      assert.match(
        wrong.output,
        /TS2345: Argument of type '"."' is not assignable to parameter of type '"" \| Mark \| undefined'/,
      )
      assert.doesNotMatch(wrong.output, /TS2307/)
      // A copy that is the yard's own is nothing to tell of.
      await scripts.must('fetch', '-q', 'origin')
      await scripts.must(...command!.trim().split(' ').slice(1))
      const quiet = await scripts.ship({ 'src/other.ts': 'export const other = 2\n' })
      assert.doesNotMatch(quiet.output, /types: yours/)
    })

    it('and documented for the log viewer, of the same commit', async () => {
      const docs = JSON.parse(await readFile(join(yard.root, 'docs/docs.json'), 'utf8')) as Docs
      assert.equal(docs.common, live)
      assert.deepEqual(
        docs.modules.map(({ name }) => name),
        ['edgeyard', 'common/backoff', 'common/greet', 'common/ids', 'common/marks'],
      )
      assert.equal(docs.modules[2]!.entries[0]!.doc.text, 'Says it.')
      assert.doesNotMatch(JSON.stringify(docs), /PRIVATE NOTE/)
      // The viewer may read it, as the user that it runs as.
      const { viewer } = await yard.status()
      const headers = await yard.apiHeaders()
      const page = await fetch(`${viewer.url}docs/common/greet`, { headers })
      assert.equal(page.status, 200)
      assert.match(await page.text(), /<p>Says it\.<\/p>/)
      assert.match(await (await fetch(`${viewer.url}docs/edgeyard`, { headers })).text(), /id="Context"/)
      assert.equal((await httpGet(`${viewer.url}docs/edgeyard`)).status, 401)
      assert.match(
        (await yard.cli('doctor')).stdout,
        /the common library is at [0-9a-f]{12}, types and documentation too/,
      )
    })
  })
})
