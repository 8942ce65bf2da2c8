import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { UnnumberedBody } from '../../servers/contract/syslog.ts'
import { type YardLayout, yardLayout } from '../sandbox/layout.ts'
import { createRecordSender } from './record-sender.ts'
import { askUntil } from './within.ts'

const body = (message: string): UnnumberedBody => ({
  time: '2026-01-01T00:00:00.000Z',
  severity: 'notice',
  message,
  pid: 1,
})

/** What the last frame of a sender says. */
const COUNT = '1000 records until here'

describe("the daemon's records", () => {
  let layout: YardLayout
  let server: Server | undefined
  let text = ''
  const clients = new Set<Socket>()
  const collect = async (developer: string) => {
    const path = layout.logSocket(developer)
    await mkdir(dirname(path), { recursive: true })
    server = createServer((client) => {
      clients.add(client)
      client.on('data', (chunk) => {
        text += chunk
      })
      client.on('error', () => {})
    })
    await new Promise<void>((resolve) => server?.listen(path, resolve))
  }
  const stopCollecting = async () => {
    for (const client of clients) client.destroy()
    clients.clear()
    const closing = server
    server = undefined
    if (closing) await new Promise((resolve) => closing.close(resolve))
  }
  const messages = () =>
    [...text.matchAll(/"message":"([^"]*)"/g)].map((match) => match[1]).filter((message) => message !== COUNT)
  beforeEach(async () => {
    layout = yardLayout(await mkdtemp(join(tmpdir(), 'edgeyard-records-')))
    text = ''
  })
  afterEach(async () => {
    await stopCollecting()
    await rm(layout.root, { recursive: true, force: true })
  })

  it("go to the developer's own socket under the server's name, and wait while nobody listens", async () => {
    const sender = createRecordSender(layout)
    sender.write({ server: 'redis', developer: 'dev1' }, body('early'))
    await collect('dev1')
    assert.ok(await askUntil(() => messages().length === 1, { ms: 5_000 }))
    assert.match(text, /^\d+ <\d+>1 \S+ - redis 1 /)
    await sender.close(1_000)
  })

  it('are sent before it closes', async () => {
    await collect('dev1')
    const sender = createRecordSender(layout)
    const all = Array.from({ length: 1_000 }, (_, n) => `m${n}`)
    for (const message of all) sender.write({ server: 'edgeyard', developer: 'dev1' }, body(message))
    await sender.close(5_000)
    assert.ok(await askUntil(() => messages().length === all.length, { ms: 5_000 }))
    assert.deepEqual(messages(), all)
    assert.ok(await askUntil(() => text.includes(COUNT), { ms: 5_000 }))
  })

  it('find a collector again that was away', async () => {
    await collect('dev1')
    const sender = createRecordSender(layout)
    const write = (message: string) => sender.write({ server: 'edgeyard', developer: 'dev1' }, body(message))
    write('before')
    assert.ok(await askUntil(() => messages().length === 1, { ms: 5_000 }))
    const [client] = clients
    const gone = new Promise((resolve) => client?.on('close', resolve))
    await stopCollecting()
    await gone
    await collect('dev1')
    assert.ok(
      await askUntil(
        () => {
          write('after')
          return messages().includes('after')
        },
        { ms: 5_000 },
      ),
    )
    await sender.close(1_000)
  })

  it('give up at the deadline when nobody takes them', async () => {
    const sender = createRecordSender(layout)
    sender.write({ server: 'edgeyard', developer: 'dev1' }, body('never'))
    await sender.close(20)
  })
})
