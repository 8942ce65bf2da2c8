// Verbs by a push to refs/ctl, on real git.
import assert from 'node:assert/strict'
import { runOk } from '../../devenv/exec/run-command.ts'
import { gitCommand } from '../../devenv/git/git.ts'
import {
  type Client,
  commitFiles,
  createClient,
  createFakeYard,
  type FakeYard,
  remoteSaid,
} from '../testing/fake-yard.ts'
import { FLUSH, packet, readPackets } from './pkt-line.ts'

describe('a push to refs/ctl', () => {
  let yard: FakeYard
  let client: Client

  before(async () => {
    yard = await createFakeYard()
    client = await createClient(yard.layout.repository('socketserver'))
    await commitFiles(client, { 'src/main.ts': 'export default 1\n' })
  })
  after(async () => {
    await client.close()
    await yard.close()
  })

  for (const verb of ['restart', 'stop', 'start', 'reload']) {
    it(`asks for ${verb} of the own sandbox, as often as one likes, and makes no ref`, async () => {
      yard.asked.length = 0
      for (let time = 0; time < 2; time++) {
        const pushed = await client.git(['push', 'origin', `HEAD:refs/ctl/${verb}`], { as: 'dev1' })
        assert.equal(pushed.exitCode, 0, pushed.stderr)
      }
      assert.deepEqual(yard.asked, [`${verb} socketserver/dev1`, `${verb} socketserver/dev1`])
      const { stdout } = await runOk(gitCommand(yard.layout.repository('socketserver'), ['for-each-ref']))
      assert.equal(stdout.toString(), '')
    })
  }

  it('shows the own status as a table, and to nobody else', async () => {
    const pushed = await client.git(['push', 'origin', 'HEAD:refs/ctl/status'], { as: 'dev1' })
    assert.equal(pushed.exitCode, 0, pushed.stderr)
    assert.deepEqual(remoteSaid(pushed), [
      'DEVELOPER  SERVER        URL                                 PORT  STATE  RELEASE  UP',
      'dev1       socketserver  ws://127.0.0.1:1/socketserver/dev1  1     ready  abc      1m 1s',
    ])
  })

  it('works with push options, which nobody reads, and atomically', async () => {
    const args = ['push', '--atomic', '-o', 'x$(id)', 'origin', 'HEAD:refs/ctl/status']
    const pushed = await client.git(args, { as: 'dev1' })
    assert.equal(pushed.exitCode, 0, pushed.stderr)
  })

  it('tells the operator to use the command line', async () => {
    const pushed = await client.git(['push', 'origin', 'HEAD:refs/ctl/restart'])
    assert.equal(pushed.exitCode, 1)
    assert.match(remoteSaid(pushed)[0]!, /use "edgeyard restart/)
  })

  it('says what went wrong as the reason of the ref', async () => {
    const yardDown = await createFakeYard()
    const other = await createClient(yardDown.layout.repository('dtserver'))
    try {
      await commitFiles(other, {})
      const pushed = await other.git(['push', 'origin', 'HEAD:refs/ctl/restart'], { as: 'dev2' })
      assert.equal(pushed.exitCode, 0, pushed.stderr)
      await yardDown.stopDaemon()
      const late = await other.git(['push', 'origin', 'HEAD:refs/ctl/restart'], { as: 'dev2' })
      assert.equal(late.exitCode, 1)
      assert.match(late.stderr, /the yard is not running/)
    } finally {
      await other.close()
      await yardDown.close()
    }
  })
})

describe('pkt-line', () => {
  async function* chunks(...parts: string[]) {
    for (const part of parts) yield Buffer.from(part)
  }

  it('reads packets and flushes however they are cut', async () => {
    const text = Buffer.concat([packet('version=1\n'), FLUSH, packet('a'), FLUSH]).toString()
    const read = []
    for await (const line of readPackets(chunks(...text))) read.push(line?.toString() ?? null)
    assert.deepEqual(read, ['version=1', null, 'a', null])
  })

  for (const [title, text] of [
    ['no number', 'zzzz'],
    ['a length that is too small', '0003'],
    ['a length that is too large', 'ffff'],
    ['an end in the middle', '0010abc'],
  ] as const) {
    it(`refuses ${title}`, async () => {
      await assert.rejects(
        async () => {
          for await (const _line of readPackets(chunks(text)));
        },
        { code: 'PROTOCOL' },
      )
    })
  }
})
