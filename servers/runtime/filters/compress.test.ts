import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { createGunzip, gunzipSync } from 'node:zlib'
import type { WireReply } from '../../transport/port.ts'
import { compress } from './compress.ts'

const reply = (body: WireReply['body']): WireReply => ({ status: 200, headers: [], body })

describe('compress', () => {
  it('gives short bodies at once, and longer ones later', async () => {
    const short = compress(reply('hello'), 1, 'GET') as WireReply
    assert.equal(String(gunzipSync(short.body as Buffer)), 'hello')
    const long = Buffer.alloc(100_000, 'hello')
    const coming = compress(reply(long), 9, 'GET')
    assert.ok(coming instanceof Promise)
    assert.ok(gunzipSync((await coming).body as Buffer).equals(long))
  })

  it('lets each piece of a stream out before the next one comes, so that an event passes', async () => {
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>()
    const events = writable.getWriter()
    const compressed = (compress(reply(readable), 1, 'GET') as WireReply).body as ReadableStream<Uint8Array>
    const reader = compressed.getReader()
    const gunzip = createGunzip()
    let text = ''
    gunzip.on('data', (piece) => {
      text += piece
    })
    for (const event of ['data: 1\n\n', 'data: 2\n\n', 'data: 3\n\n']) {
      void events.write(Buffer.from(event))
      while (!text.endsWith(event)) {
        const { value } = await reader.read()
        await new Promise((resolve) => gunzip.write(value, resolve))
      }
    }
    void events.close()
    for (let read = await reader.read(); !read.done; read = await reader.read()) gunzip.write(read.value)
    assert.equal(text, 'data: 1\n\ndata: 2\n\ndata: 3\n\n')
  })

  it('takes streams of any pieces, also what does not get shorter', async () => {
    const pieces = [0, 1, 70_000, 5, 300_000].map((bytes) => randomBytes(bytes))
    const left = pieces.slice()
    const source = new ReadableStream<Uint8Array>({
      pull(controller) {
        const piece = left.shift()
        if (piece === undefined) controller.close()
        else controller.enqueue(piece)
      },
    })
    const { body } = compress(reply(source), 1, 'GET') as WireReply
    const compressed = Buffer.from(await new Response(body as ReadableStream<Uint8Array>).arrayBuffer())
    assert.ok(gunzipSync(compressed).equals(Buffer.concat(pieces)))
  })

  it('ends with its source: cancelled with it, failed with it', async () => {
    let cancelled: unknown
    const endless = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(Buffer.from('more')),
      cancel(reason) {
        cancelled = reason
      },
    })
    const stream = (compress(reply(endless), 1, 'GET') as WireReply).body as ReadableStream<Uint8Array>
    const reader = stream.getReader()
    await reader.read()
    await reader.cancel('gone')
    assert.equal(cancelled, 'gone')
    const broken = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.error(new Error('disk on fire')),
    })
    const { body } = compress(reply(broken), 1, 'GET') as WireReply
    await assert.rejects((body as ReadableStream<Uint8Array>).getReader().read(), /disk on fire/)
  })
})
