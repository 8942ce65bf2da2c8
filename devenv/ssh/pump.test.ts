import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import { PassThrough, Writable } from 'node:stream'
import { UNSENT_BYTES_PAUSE } from './limits.ts'
import { pump } from './pump.ts'

/** A TCP connection of which only the length of its queue is known. */
const wire = (writableLength = 0) => Object.assign(new EventEmitter(), { writableLength })
const chunk = Buffer.alloc(64 * 1024)

describe('pump', () => {
  it('reads a source only as fast as its sink takes it', async () => {
    const taken: (() => void)[] = []
    let arrived = () => {}
    const sink = new Writable({
      highWaterMark: 1,
      write: (_chunk, _encoding, done) => {
        taken.push(done)
        arrived()
      },
    })
    const source = new PassThrough({ highWaterMark: 1 })
    const first = new Promise<void>((resolve) => {
      arrived = resolve
    })
    const done = pump(source, sink, { wire: wire(), gone: new AbortController().signal, onMoved: () => {} })
    source.write(chunk)
    await first
    source.end(chunk)
    await new Promise((resolve) => setImmediate(resolve))
    assert.equal(taken.length, 1)
    arrived = () => taken[1]?.()
    taken[0]?.()
    await done
    assert.equal(taken.length, 2)
  })

  it('waits for the connection when a client grants windows and does not read', async () => {
    const full = wire(UNSENT_BYTES_PAUSE + 1)
    let moved = 0
    let first = () => {}
    const begun = new Promise<void>((resolve) => {
      first = resolve
    })
    const onMoved = () => {
      moved++
      first()
    }
    const source = new PassThrough()
    const sink = new Writable({ write: (_chunk, _encoding, done) => done() })
    const done = pump(source, sink, { wire: full, gone: new AbortController().signal, onMoved })
    source.write(chunk)
    await begun
    source.end(chunk)
    await new Promise((resolve) => setImmediate(resolve))
    assert.equal(moved, 1)
    full.writableLength = 0
    full.emit('drain')
    await done
    assert.equal(moved, 2)
  })

  it('reads on to the end, for nobody, when the client leaves in the middle of a write that is never taken', async () => {
    const leaving = new AbortController()
    const sink = new Writable({ write: () => leaving.abort() })
    const source = new PassThrough({ highWaterMark: 1 })
    const done = pump(source, sink, { wire: wire(), gone: leaving.signal, onMoved: () => {} })
    source.write(chunk)
    source.write(chunk)
    source.end(chunk)
    await done
    assert.ok(source.readableEnded)
  })
})
