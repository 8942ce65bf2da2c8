import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import type { ServerResponse } from 'node:http'
import { createGate, type GateOptions, HELD_PER_PERSON_MAX, type HeldKind, type Visitor } from './gate.ts'

describe('replies that are held', () => {
  const people = { onChange: () => {}, byEpoch: () => ({ who: 'dev1' }) }
  const gate = createGate({ people, visibility: 'own' } as unknown as GateOptions)
  after(() => gate.close())
  const visitor = (person: string) => ({ person, who: 'dev1', epoch: '1', cookie: null }) as unknown as Visitor
  const hold = (person: string, kind: HeldKind) => {
    const response = Object.assign(new EventEmitter(), { closed: false })
    return { response, signal: gate.hold(visitor(person), response as unknown as ServerResponse, kind) }
  }

  it('are bounded for each person and kind, until they end', () => {
    for (const kind of ['page', 'stream'] as const) {
      const some = Array.from({ length: HELD_PER_PERSON_MAX[kind] }, () => hold('ana', kind))
      assert.ok(some.every(({ signal }) => signal !== null))
      assert.equal(hold('ana', kind).signal, null)
      assert.notEqual(hold('bob', kind).signal, null)
      some[0]!.response.emit('close')
      assert.ok(some[0]!.signal!.aborted)
      assert.notEqual(hold('ana', kind).signal, null)
    }
  })
})
