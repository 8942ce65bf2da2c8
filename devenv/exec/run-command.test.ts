import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describeCommand } from './command.ts'
import { pipeCommand } from './pipe-command.ts'
import { runCommand, runOk } from './run-command.ts'

const node = (script: string) => ({ file: process.execPath, args: ['-e', script] })

describe('runCommand', () => {
  it('hands back what the command said, whatever its exit code', async () => {
    const ended = await runCommand(node('console.log("out"); console.error("err"); process.exitCode = 7'))
    assert.deepEqual(
      [ended.stdout.toString(), ended.stderr, ended.exitCode, ended.signal, ended.timedOut],
      ['out\n', 'err\n', 7, null, false],
    )
  })

  it('feeds the input, also to a command that does not read it', async () => {
    const input = 'x'.repeat(1_000_000)
    assert.equal((await runCommand({ file: 'wc', args: ['-c'] }, { input })).stdout.toString().trim(), '1000000')
    assert.equal((await runCommand({ file: 'true', args: [] }, { input })).exitCode, 0)
  })

  it('gives the child three variables and nothing else of our environment', async () => {
    process.env.EDGEYARD_TEST_SECRET = 'secret'
    const ended = await runCommand(node('console.log(Object.keys(process.env).sort().join())'))
    delete process.env.EDGEYARD_TEST_SECRET
    assert.equal(ended.stdout.toString(), 'HOME,LANG,PATH\n')
  })

  it('kills a command whose time is up', async () => {
    const ended = await runCommand(node('setInterval(() => {}, 1000)'), { timeoutMs: 50 })
    assert.deepEqual([ended.timedOut, ended.signal], [true, 'SIGKILL'])
  })

  it('ends a command early with all that it has started, gently first', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'edgeyard-run-'))
    const run = (script: string, signal: AbortSignal) =>
      runCommand({ file: 'sh', args: ['-c', script], cwd: folder }, { signal })
    const started = async (file: string) => {
      while (!existsSync(join(folder, file))) await new Promise((resolve) => setTimeout(resolve, 20))
    }
    const stop = new AbortController()
    // What it has started holds the output open, as git's packers do.
    const gentle = run('trap "exit 5" TERM; sleep 1000 & touch gentle; wait', stop.signal)
    const stubborn = run('trap "" TERM; touch stubborn; while true; do sleep 1000; done', stop.signal)
    await Promise.all([started('gentle'), started('stubborn')])
    stop.abort()
    assert.deepEqual([(await gentle).exitCode, (await gentle).timedOut], [5, false])
    assert.equal((await stubborn).signal, 'SIGKILL')
    assert.equal((await run('sleep 1000', stop.signal)).signal, 'SIGTERM')
    await rm(folder, { recursive: true })
  }).timeout(10_000)

  it('rejects when the program does not exist', async () => {
    await assert.rejects(runCommand({ file: '/no/such/program', args: [] }), { code: 'COMMAND_FAILED' })
  })

  it('passes every argument as it is: there is no shell', async () => {
    const ended = await runCommand({ file: 'echo', args: ['$(id)', '; id', '`id`'] })
    assert.equal(ended.stdout.toString(), '$(id) ; id `id`\n')
    assert.equal(describeCommand({ file: 'echo', args: ['a b', 'c'] }), "echo 'a b' c")
  })
})

describe('runOk', () => {
  it('throws what the command wrote to stderr', async () => {
    await assert.rejects(runOk(node('console.error("no such thing"); process.exit(3)')), {
      code: 'COMMAND_FAILED',
      message: /failed \(exit code 3\): no such thing/,
    })
  })
})

describe('pipeCommand', () => {
  it('joins the streams of a command to ours', async () => {
    const piped = await pipeCommand({ file: 'cat', args: [] })
    piped.stdin.end('through')
    let text = ''
    for await (const chunk of piped.stdout) text += chunk
    assert.equal(text, 'through')
    assert.deepEqual(await piped.ended, { exitCode: 0, signal: null })
  })

  it('ends a command by a signal', async () => {
    const piped = await pipeCommand({ file: 'cat', args: [] })
    piped.kill('SIGTERM')
    assert.deepEqual(await piped.ended, { exitCode: null, signal: 'SIGTERM' })
  })
})
