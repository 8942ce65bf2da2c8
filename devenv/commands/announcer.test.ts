import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createLineChannel } from '../exec/line-channel.ts'
import { createAnnouncer, parseNews } from './announcer.ts'

describe('announcer', () => {
  let folder: string
  let server: Server
  let ours: Socket
  let theirs: Socket
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'edgeyard-announcer-'))
    server = createServer().listen(join(folder, 's'))
    await once(server, 'listening')
    ours = connect(join(folder, 's'))
    ;[theirs] = (await once(server, 'connection')) as [Socket]
  })
  afterEach(async () => {
    ours.destroy()
    theirs.destroy()
    server.close()
    await rm(folder, { recursive: true, force: true })
  })

  it('brings any number of lines, in order, and then that it is ready', async () => {
    const announcer = createAnnouncer(ours)
    const channel = createLineChannel(theirs)
    const wanted = Array.from({ length: 500 }, (_, i) => `line ${i}`)
    for (const line of wanted.slice(0, 460)) announcer.progress(line)
    const seen: string[] = []
    while (seen.length < 460) {
      const news = parseNews((await channel.next()) ?? '')
      assert.equal(news.type, 'progress')
      if (news.type === 'progress') seen.push(...news.lines)
      channel.send({ type: 'more' })
    }
    assert.deepEqual(seen, wanted.slice(0, 460))
    announcer.ready()
    const last = parseNews((await channel.next()) ?? '')
    assert.equal(last.type, 'ready')
    assert.equal(await channel.next(), null)
  })

  it('hands on why it failed, cut to what the channel takes', async () => {
    const channel = createLineChannel(theirs)
    createAnnouncer(ours).failed('ü'.repeat(100_000))
    const news = parseNews((await channel.next()) ?? '')
    assert.ok(news.type === 'failed' && news.text.startsWith('üüü'))
  })

  it('does not care when nobody waits any more', async () => {
    theirs.destroy()
    await once(ours.resume(), 'close')
    const announcer = createAnnouncer(ours)
    announcer.progress('nobody')
    announcer.ready()
  })

  it('understands nothing else', () => {
    for (const line of ['', '{}', 'null', '{"type":"progress"}', '{"type":"other"}']) {
      assert.throws(() => parseNews(line), { code: 'PROTOCOL' }, line)
    }
  })
})
