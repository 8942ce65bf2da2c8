import assert from 'node:assert/strict'
import { IdleSweep, SWEEP_S } from './idle-sweep.ts'

describe('an idle timeout', () => {
  function idler(idleTimeoutS: number) {
    const events: string[] = []
    return {
      idleTimeoutS,
      idleS: 0,
      events,
      ping: () => void events.push('ping'),
      closeIdle: () => void events.push('close'),
    }
  }

  it('pings once when half of it has passed, and closes after the whole', () => {
    const sweep = new IdleSweep()
    const socket = idler(8)
    sweep.add(socket)
    for (let s = SWEEP_S; s <= 8; s += SWEEP_S) sweep.sweep()
    assert.deepEqual(socket.events, ['ping'])
    sweep.sweep()
    assert.deepEqual(socket.events, ['ping', 'close'])
    sweep.delete(socket)
  })

  it('begins again with every frame', () => {
    const sweep = new IdleSweep()
    const socket = idler(8)
    sweep.add(socket)
    for (let i = 0; i < 20; i++) {
      sweep.sweep()
      if (i % 3 === 2) socket.idleS = 0
    }
    assert.ok(!socket.events.includes('close'))
    sweep.delete(socket)
  })

  it('of 0 is none', () => {
    const sweep = new IdleSweep()
    const socket = idler(0)
    sweep.add(socket)
    for (let i = 0; i < 1000; i++) sweep.sweep()
    assert.deepEqual(socket.events, [])
  })
})
