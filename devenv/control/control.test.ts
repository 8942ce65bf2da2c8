import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { EdgeyardError, isEdgeyardError } from '../../servers/contract/errors.ts'
import { callControl } from './call.ts'
import { LINE_BYTES_MAX } from './limits.ts'
import type { SandboxStatus, YardStatus } from './protocol.ts'
import { type ControlHandlers, serveControl } from './serve.ts'

const refuse = async () => {
  throw new Error('not asked in this test')
}
const quiet: ControlHandlers = {
  status: refuse,
  facts: refuse,
  turn: refuse,
  confs: refuse,
  boot: refuse,
  switch: refuse,
  restart: refuse,
  debug: refuse,
  stop: refuse,
  start: refuse,
  audit: refuse,
  reload: refuse,
  releases: refuse,
  rollback: refuse,
  redis: refuse,
  reconcile: refuse,
  rename: refuse,
  down: refuse,
  up: refuse,
  'hand-over': refuse,
}
const yard = { root: '/yard', pid: 1, sandboxes: [] } as unknown as YardStatus
const dev1 = { server: 'socketserver', developer: 'dev1' } as const

describe('control', () => {
  let folder: string
  let socket: string
  const closers: (() => Promise<void>)[] = []

  const serve = async (handlers: Partial<ControlHandlers>) => {
    const served = await serveControl(socket, { ...quiet, ...handlers })
    closers.push(served.close)
    return served
  }
  /** What the daemon answers to raw bytes. */
  const raw = async (bytes: string | Buffer): Promise<string> => {
    const connection = connect(socket)
    const chunks: Buffer[] = []
    connection.on('data', (chunk) => chunks.push(chunk))
    connection.on('error', () => {})
    connection.write(bytes)
    await once(connection, 'close')
    return Buffer.concat(chunks).toString()
  }
  const codeOf = async (call: Promise<unknown>): Promise<string> => {
    const error = await call.then(
      () => assert.fail('the call succeeded'),
      (thrown: unknown) => thrown,
    )
    assert.ok(isEdgeyardError(error), String(error))
    return error.code
  }

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'edgeyard-control-'))
    socket = join(folder, 'run', 'control.sock')
  })
  afterEach(async () => {
    for (const close of closers.splice(0)) await close()
    await rm(folder, { recursive: true, force: true })
  })

  it('answers a call with progress lines in order and then the result', async () => {
    await serve({
      restart: async (name, progress) => {
        progress('booting')
        progress(`switching ${name.developer}, with a "quote", a \n newline and ü`)
        return { ...name, state: 'ready' } as SandboxStatus
      },
    })
    const lines: string[] = []
    const result = await callControl(socket, 'restart', dev1, { onProgress: (line) => lines.push(line) })
    assert.equal(result.state, 'ready')
    assert.deepEqual(lines, ['booting', 'switching dev1, with a "quote", a \n newline and ü'])
  })

  it('carries who asks, the operator where nobody is named', async () => {
    const by = { who: 'dev1', key: `SHA256:${'a'.repeat(43)}` }
    const heard: unknown[] = []
    await serve({
      status: async (_params, _progress, who) => {
        heard.push(who)
        return yard
      },
    })
    await callControl(socket, 'status', {}, { by })
    await callControl(socket, 'status', {})
    assert.deepEqual(heard, [by, { who: 'operator', key: null }])
  })

  it("hands an error on with the daemon's code, message and diagnostics", async () => {
    const diagnostic = { file: 'a.conf', line: 1, column: 2, message: 'wrong' }
    await serve({
      status: async () => {
        throw new EdgeyardError('CONF_INVALID', 'Cannot use a.conf', { diagnostics: [diagnostic] })
      },
    })
    await assert.rejects(callControl(socket, 'status', {}), {
      code: 'CONF_INVALID',
      message: 'Cannot use a.conf',
      diagnostics: [diagnostic],
    })
  })

  it('makes CONTROL_FAILED of an error that is not ours', async () => {
    await serve({})
    await assert.rejects(callControl(socket, 'status', {}), {
      code: 'CONTROL_FAILED',
      message: 'not asked in this test',
    })
  })

  it('says YARD_NOT_RUNNING when there is no socket, and when a daemon left one behind', async () => {
    assert.equal(await codeOf(callControl(socket, 'status', {})), 'YARD_NOT_RUNNING')
    await serve({ status: async () => yard })
    await closers.pop()?.()
    assert.equal(await codeOf(callControl(socket, 'status', {})), 'YARD_NOT_RUNNING')
  })

  it('is open to its own user only, and leaves nothing but the socket', async () => {
    await serve({ status: async () => yard })
    assert.equal((await stat(socket)).mode & 0o777, 0o600)
  })

  it('takes the place of a stale socket or file and refuses a live one', async () => {
    const first = await serve({ status: async () => yard })
    assert.equal(await codeOf(serveControl(socket, quiet)), 'YARD_RUNNING')
    assert.equal((await callControl(socket, 'status', {})).pid, 1)
    await first.close()
    await writeFile(socket, '')
    await serve({ status: async () => ({ ...yard, pid: 2 }) })
    assert.equal((await callControl(socket, 'status', {})).pid, 2)
  })

  it('does not remove the socket of a daemon that came after it', async () => {
    const first = await serve({ status: async () => yard })
    await rm(socket)
    await serve({ status: async () => ({ ...yard, pid: 2 }) })
    await first.close()
    assert.equal((await callControl(socket, 'status', {})).pid, 2)
  })

  it('makes its socket anew where somebody has removed it, or its folder, and goes on with whom it serves', async () => {
    let [isAsked, answer] = [() => {}, () => {}]
    const asked = new Promise<void>((resolve) => {
      isAsked = resolve
    })
    const due = new Promise<void>((resolve) => {
      answer = resolve
    })
    const served = await serve({
      status: async () => yard,
      start: async (name) => {
        isAsked()
        await due
        return { ...name, state: 'ready' } as SandboxStatus
      },
    })
    const started = callControl(socket, 'start', dev1)
    await asked
    assert.equal(await served.listenAgain(), false)
    await rm(join(folder, 'run'), { recursive: true })
    assert.equal(await served.listenAgain(), true)
    assert.equal((await callControl(socket, 'status', {})).pid, 1)
    assert.equal((await stat(socket)).mode & 0o777, 0o600)
    answer()
    assert.equal((await started).state, 'ready')
  })

  it('serves many clients at once, each its own answer', async () => {
    await serve({ start: async (name) => ({ ...name, state: 'ready' }) as SandboxStatus })
    const names = Array.from({ length: 100 }, (_, i) => `d${i}`)
    const answers = await Promise.all(
      names.map((developer) => callControl(socket, 'start', { server: 'dtserver', developer })),
    )
    assert.deepEqual(
      answers.map((answer) => answer.developer),
      names,
    )
  })

  it('carries a request and an answer of several megabytes', async () => {
    const conf = 'x'.repeat(3 * 1024 * 1024)
    await serve({
      boot: async ({ candidates }) => ({
        booted: [],
        failures: [{ ...dev1, message: candidates[0]?.conf ?? '', lastLines: [] }],
      }),
    })
    const candidates = [{ ...dev1, commit: 'a'.repeat(40), conf }]
    const { failures } = await callControl(socket, 'boot', { candidates })
    assert.equal(failures[0]?.message.length, conf.length)
  })

  it('finishes the work of a client that has gone', async () => {
    let release = () => {}
    const gone = new Promise<void>((resolve) => {
      release = resolve
    })
    let finished = () => {}
    const done = new Promise<void>((resolve) => {
      finished = resolve
    })
    const started = new AbortController()
    await serve({
      restart: async (name, progress) => {
        started.abort(new Error('enough'))
        await gone
        for (let i = 0; i < 1000; i++) progress('nobody reads this')
        finished()
        return name as SandboxStatus
      },
      status: async () => yard,
    })
    await assert.rejects(callControl(socket, 'restart', dev1, { signal: started.signal }), /enough/)
    release()
    await done
    assert.equal((await callControl(socket, 'status', {})).pid, 1)
  })

  it('answers PROTOCOL to what is not a request and lives on', async () => {
    await serve({ status: async () => yard })
    const wrong = [
      'nonsense\n',
      '{}\n',
      'null\n',
      '{"verb":"status"}\n',
      '{"verb":"constructor","params":{}}\n',
      '{"verb":"restart","params":{"server":"socketserver","developer":"../x"}}\n',
      '{"verb":"restart","params":{"server":"bash","developer":"dev1"}}\n',
      '{"verb":"boot","params":{"candidates":[{"server":"dtserver","developer":"dev1","commit":"HEAD","conf":""}]}}\n',
      '{"verb":"switch","params":{"repository":"../x","updates":[]}}\n',
      '{"verb":"status","params":{},"by":{"who":"../x","key":null}}\n',
      '{"verb":"status","params":{},"by":{"who":"edgeyard","key":null}}\n',
      '{"verb":"status","params":{},"by":{"who":"dev1","key":"x"}}\n',
      '{"verb":"audit","params":{"entries":[{"act":1}]}}\n',
    ]
    for (const line of wrong) assert.match(await raw(line), /^\{"type":"error","code":"PROTOCOL"/, line)
    assert.equal((await callControl(socket, 'status', {})).pid, 1)
  })

  it('cuts off a line that never ends', async () => {
    await serve({ status: async () => yard })
    await raw(Buffer.alloc(LINE_BYTES_MAX + 1, 'x'))
    assert.equal((await callControl(socket, 'status', {})).pid, 1)
  })

  it('says so when the daemon goes away before it answers', async () => {
    const dying = createServer((client) => client.once('data', () => client.destroy()))
    dying.listen(join(folder, 'dying.sock'))
    await once(dying, 'listening')
    closers.push(async () => {
      dying.close()
      await once(dying, 'close')
    })
    assert.equal(await codeOf(callControl(join(folder, 'dying.sock'), 'down', {})), 'CONTROL_FAILED')
  })

  it('waits, while closing, for the answers that are due, and for no idle client', async () => {
    let answer = () => {}
    let asked = () => {}
    const arrived = new Promise<void>((resolve) => {
      asked = resolve
    })
    const served = await serve({
      down: () =>
        new Promise((resolve) => {
          answer = () => resolve({})
          asked()
        }),
    })
    const idle = connect(socket)
    await once(idle, 'connect')
    const down = callControl(socket, 'down', {})
    await arrived
    const closing = served.close()
    answer()
    assert.deepEqual(await down, {})
    await closing
  })
})
