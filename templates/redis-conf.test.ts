// The rendered conf of a Redis, tried on a real one: it listens on a Unix socket here, so that no port is needed.
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { Redis } from 'ioredis'
import { renderYard } from './render-yard.ts'
import { FACTS, withText, yardFiles } from './two-developer-yard.fixture.ts'

describe("a developer's Redis", () => {
  let folder: string
  let server: ChildProcess
  const clients: Redis[] = []

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'redis conf '))
    const files = withText(await yardFiles(), 'redis.values.yaml', 'MAXMEMORY: 64mb', 'MAXMEMORY: 8mb')
    const { confs } = renderYard({ files, branches: {}, facts: FACTS })
    const { text } = confs.find(({ template, developer }) => template === 'redis' && developer === 'dev1')!
    const conf = text
      .replace('/opt/hhl/run/redis/dev1/db', `${folder}/redis.sock`)
      .replace('/opt/hhl/redis/dev1/data', folder)
    await writeFile(join(folder, 'redis.conf'), conf)
    server = spawn('/usr/bin/redis-server', [join(folder, 'redis.conf')], { stdio: ['ignore', 'pipe', 'inherit'] })
    await ready(server)
  })

  after(async () => {
    for (const client of clients) client.disconnect()
    if (server?.exitCode === null) {
      server.kill('SIGTERM')
      await once(server, 'exit')
    }
    if (folder) await rm(folder, { recursive: true, force: true })
  })

  /** What a command answers, or the first word of its error. */
  const ask = async (password: string, ...[command, ...args]: [string, ...string[]]) => {
    const client = new Redis({
      path: join(folder, 'redis.sock'),
      password,
      enableReadyCheck: false,
      retryStrategy: null,
    })
    clients.push(client)
    client.on('error', () => {})
    return client.call(command, ...args).catch((error: Error) => error.message.split(' ')[0])
  }
  const secret = FACTS.developers[1]!.redisPassword

  it('answers nobody without the password', async () => {
    assert.equal(await ask('wrong', 'PING'), 'WRONGPASS')
    assert.equal(await ask(secret, 'PING'), 'PONG')
  })

  it('lets a script do anything to its data', async () => {
    for (const command of [
      ['SET', 'a', '1'],
      ['KEYS', '*'],
      ['EVAL', 'return redis.call("GET", "a")', '0'],
      ['SORT', 'none'],
      ['INFO'],
      ['SELECT', '15'],
      ['SWAPDB', '0', '1'],
      ['FLUSHDB'],
      ['FLUSHALL'],
    ] as [string, ...string[]][]) {
      assert.notEqual(await ask(secret, ...command), 'NOPERM', command.join(' '))
    }
  })

  it('lets it do nothing to the process, from a Lua script either', async () => {
    for (const command of [
      ['CONFIG', 'SET', 'dir', '/'],
      ['CONFIG', 'GET', '*'],
      ['MODULE', 'LIST'],
      ['REPLICAOF', 'NO', 'ONE'],
      ['SLAVEOF', 'NO', 'ONE'],
      ['SHUTDOWN', 'NOSAVE'],
      ['SAVE'],
      ['BGSAVE'],
      ['BGREWRITEAOF'],
      ['ACL', 'SETUSER', 'default', '+@all'],
      ['MONITOR'],
      ['MIGRATE', '10.0.0.1', '1', 'a', '0', '1'],
      ['RESTORE', 'a', '0', 'x'],
      ['CLIENT', 'KILL', 'TYPE', 'normal'],
      ['PSYNC', '?', '-1'],
    ] as [string, ...string[]][]) {
      assert.equal(await ask(secret, ...command), 'NOPERM', command.join(' '))
    }
    // These two are off in Redis itself.
    assert.equal(await ask(secret, 'DEBUG', 'SLEEP', '0'), 'ERR')
    assert.equal(await ask(secret, 'MODULE', 'LOAD', '/x.so'), 'ERR')
    const lua = 'return redis.pcall("CONFIG", "GET", "dir")["err"]'
    assert.match(String(await ask(secret, 'EVAL', lua, '0')), /not allowed from script/)
  })

  it('refuses to write when it is full, and keeps what it has', async () => {
    await ask(secret, 'SET', 'kept', '1')
    let answer: unknown = 'OK'
    for (let i = 0; i < 16 && answer === 'OK'; i++) answer = await ask(secret, 'SET', `big${i}`, 'x'.repeat(2 ** 20))
    assert.equal(answer, 'OOM')
    assert.equal(await ask(secret, 'GET', 'kept'), '1')
  })
})

async function ready(server: ChildProcess): Promise<void> {
  const lines: string[] = []
  for await (const line of createInterface(server.stdout!)) {
    lines.push(line)
    if (/ready to accept connections/i.test(line)) return
  }
  throw new Error(`redis-server has ended:\n${lines.join('\n')}`)
}
