// Pushes on real git whose hooks run in the process that waits for them, and what becomes of them when it does not.
import assert from 'node:assert/strict'
import { rm, stat } from 'node:fs/promises'
import { createServer } from 'node:net'
import { fileURLToPath } from 'node:url'
import { listenPrivately } from '../../devenv/control/listen-privately.ts'
import { type Piped, pipeCommand } from '../../devenv/exec/pipe-command.ts'
import { resolveBranch } from '../../devenv/git/refs.ts'
import { releaseName } from '../../servers/contract/release.ts'
import {
  type Client,
  commitFiles,
  createClient,
  createFakeYard,
  type FakeYard,
  remoteSaid,
} from '../testing/fake-yard.ts'
import { type HookServer, serveHooks } from './serve-hooks.ts'

const PROGRAM = fileURLToPath(new URL('../../hook-programs/serve-hooks.js', import.meta.url))

describe('the hooks of a push', () => {
  let yard: FakeYard
  let client: Client
  let scripts = 0

  before(async () => {
    yard = await createFakeYard()
    client = await createClient(yard.layout.repository('socketserver'))
  })
  after(async () => {
    await client.close()
    await yard.close()
  })

  const commit = () => commitFiles(client, { 'src/main.ts': `export default ${++scripts}\n` })
  const push = (options: { as?: string; env?: Record<string, string> } = {}, what = 'dev1') =>
    client.git(['push', 'origin', what], { as: 'dev1', ...options })
  const liveLine = (id: string) =>
    `dev1 socketserver is live: release ${releaseName(id)} at ws://127.0.0.1:1/socketserver/dev1`

  describe('in the process that waits for them', () => {
    let server: HookServer

    before(async () => {
      server = await serveHooks({ socket: yard.layout.hookCalls, root: yard.layout.root })
    })
    after(async () => {
      await server.close()
      await rm(yard.layout.hookCalls, { force: true })
    })

    it('say and do what they do alone', async () => {
      const id = await commit()
      const pushed = await push()
      assert.equal(pushed.exitCode, 0, pushed.stderr)
      assert.deepEqual(
        remoteSaid(pushed).map((line) => line.split(/ {2,}/)[0]),
        ['export', 'build', 'boot', 'switching dev1', liveLine(id)],
      )
      assert.equal(server.taken, 2)
      assert.equal((await stat(yard.layout.hookCalls)).mode & 0o777, 0o600)
    })

    it('refuse what belongs to somebody else, as the developer who was proven', async () => {
      await commit()
      const before = server.taken
      const pushed = await push({ as: 'dev2' })
      assert.equal(pushed.exitCode, 1)
      assert.match(pushed.stderr, /refs\/heads\/dev1: dev2 may push to refs\/heads\/dev2/)
      assert.equal(server.taken, before + 1)
    })

    it('answer verbs, to which git listens while it speaks', async () => {
      const before = server.taken
      const pushed = await push({}, 'HEAD:refs/ctl/restart')
      assert.equal(pushed.exitCode, 0, pushed.stderr)
      assert.equal(yard.asked.at(-1), 'restart socketserver/dev1')
      assert.equal(server.taken, before + 3)
    })

    it('of several pushes at once keep apart what each is told', async () => {
      const { layout } = yard
      const others = await Promise.all(['dev1', 'dev2'].map(() => createClient(layout.repository('socketserver'))))
      try {
        const said = await Promise.all(
          ['dev1', 'dev2'].map(async (as, n) => {
            await commitFiles(others[n]!, {
              'src/main.ts': as === 'dev1' ? 'export default 0\n' : 'export default (\n',
            })
            return await others[n]!.git(['push', '--force', 'origin', `HEAD:refs/heads/${as}`], { as })
          }),
        )
        assert.deepEqual(
          said.map(({ exitCode }) => exitCode),
          [0, 1],
        )
        assert.doesNotMatch(said[0]!.stderr, /dev2/)
        assert.match(said[1]!.stderr, /src\/main\.ts:2:1: .*[\s\S]*refused: dev2 socketserver/)
      } finally {
        for (const other of others) await other.close()
      }
    })

    it('take nothing from the environment of a client but what git and our ssh server say', async () => {
      await client.git(['fetch', '-q', 'origin', 'dev1'])
      await client.git(['reset', '-q', '--hard', 'FETCH_HEAD'])
      const id = await commit()
      const env = {
        NODE_OPTIONS: '--require=/nowhere.js',
        PERL5OPT: '-Mnowhere',
        PERL5LIB: '/nowhere',
        LC_ALL: 'xx_YY.nowhere',
        EDGEYARD_ROOT: '/nowhere',
        ESBUILD_BINARY_PATH: '/nowhere',
      }
      const pushed = await push({ env })
      assert.equal(pushed.exitCode, 0, pushed.stderr)
      assert.equal(remoteSaid(pushed).at(-1), liveLine(id))
    })
  })

  describe('without such a process', () => {
    it('are programs of their own', async () => {
      const id = await commit()
      const pushed = await push()
      assert.equal(pushed.exitCode, 0, pushed.stderr)
      assert.equal(remoteSaid(pushed).at(-1), liveLine(id))
    })

    it('are programs of their own where one has gone, and where one hangs', async () => {
      const deaf = createServer(() => {})
      await listenPrivately(deaf, yard.layout.hookCalls)
      // Of the two hooks of a push the first meets one that hangs, the second one that has gone.
      yard.whileBooting = async () => deaf.close()
      const id = await commit()
      const pushed = await push()
      yard.whileBooting = async () => {}
      assert.equal(pushed.exitCode, 0, pushed.stderr)
      assert.equal(remoteSaid(pushed).at(-1), liveLine(id))
      assert.equal((await stat(yard.layout.hookCalls)).isSocket(), true)
    }).timeout(30_000)
  })

  describe('whose process is killed in their middle', () => {
    let process: Piped

    beforeEach(async () => {
      process = await pipeCommand({ file: globalThis.process.execPath, args: [PROGRAM, '--root', yard.layout.root] })
      await rm(yard.layout.hookCalls, { force: true })
      while ((await stat(yard.layout.hookCalls).catch(() => null)) === null) {
        await new Promise((resolve) => setTimeout(resolve, 10))
      }
    })
    afterEach(async () => {
      process.kill('SIGKILL')
      await process.ended
    })

    it('refuse the push, which has changed nothing', async () => {
      const before = await resolveBranch(yard.layout, 'socketserver', 'dev1')
      await commit()
      yard.whileBooting = async () => process.kill('SIGKILL')
      const pushed = await push()
      yard.whileBooting = async () => {}
      assert.equal(pushed.exitCode, 1)
      assert.match(remoteSaid(pushed).at(-1) ?? '', /^refused: the process that was at this push has ended/)
      assert.equal(await resolveBranch(yard.layout, 'socketserver', 'dev1'), before)
    })

    it('end with the daemon that has started it, when the last push is done', async () => {
      yard.whileBooting = async () => void process.stdin.end()
      const id = await commit()
      const pushed = await push()
      yard.whileBooting = async () => {}
      assert.equal(pushed.exitCode, 0, pushed.stderr)
      assert.equal(remoteSaid(pushed).at(-1), liveLine(id))
      assert.equal((await process.ended).exitCode, 0)
    })
  })
})
