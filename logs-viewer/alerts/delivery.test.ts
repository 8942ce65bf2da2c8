import assert from 'node:assert/strict'
import type { Alert } from './alert.ts'
import { createDelivery, type Place } from './delivery.ts'
import { createErrorRate } from './error-rate.ts'

const SOURCE = { developer: 'dev1', server: 'socketserver' }
const alert = (title: string): Alert => ({ kind: 'new', source: SOURCE, title, at: '2026-11-20T12:00:00.000Z' })

describe('the delivery of alerts', () => {
  it('is in messages of a bounded size, and what there was no room for is counted in the next', async () => {
    const sent: { count: number; left: number }[] = []
    let done = () => {}
    const arrived = new Promise<void>((resolve) => {
      done = resolve
    })
    const place: Place = {
      name: 'a place',
      async send(alerts, left) {
        sent.push({ count: alerts.length, left })
        if (alerts.at(-1)?.title === '199') done()
      },
    }
    const delivery = createDelivery(place, { tell: assert.fail, now: () => 0, gatherMs: 1 })
    for (let i = 0; i < 250; i++) delivery.add(alert(String(i)))
    await arrived
    delivery.close()
    assert.deepEqual(
      sent.map(({ count }) => count),
      Array(10).fill(20),
    )
    assert.deepEqual(
      sent.map(({ left }) => left),
      [50, ...Array(9).fill(0)],
    )
  })

  it('of one that has failed for hours gives up what is old, and says once that it fails', async () => {
    let now = Date.parse('2026-11-20T12:00:00.000Z')
    const told: string[] = []
    let tries = 0
    const sent: (readonly [titles: readonly string[], left: number])[] = []
    let done = () => {}
    const arrived = new Promise<void>((resolve) => {
      done = resolve
    })
    const place: Place = {
      name: 'a place',
      async send(alerts, left) {
        tries++
        if (tries === 2) now += 7 * 60 * 60_000
        if (tries < 4) {
          if (tries === 3) delivery.add({ ...alert('fresh'), at: new Date(now).toISOString() })
          throw new Error('away')
        }
        sent.push([alerts.map(({ title }) => title), left])
        done()
      },
    }
    const options = { tell: (_severity: string, text: string) => void told.push(text), now: () => now }
    const delivery = createDelivery(place, { ...options, gatherMs: 1, retryFirstMs: 1 })
    delivery.add(alert('old'))
    delivery.add(alert('old, too'))
    while (tries < 2) await new Promise((resolve) => setTimeout(resolve, 1))
    delivery.add({ ...alert('later'), at: new Date(now).toISOString() })
    await arrived
    while (told.length < 2) await new Promise((resolve) => setImmediate(resolve))
    delivery.close()
    assert.deepEqual(told, ['Cannot tell a place of errors: away', 'Alerts arrive at a place again'])
    assert.deepEqual(sent, [[['later', 'fresh'], 2]])
  })
})

describe('the rate of errors', () => {
  it('is of one sandbox, within a minute', () => {
    const rate = createErrorRate()
    assert.deepEqual(
      [0, 10, 59_000].map((at) => rate.count(SOURCE, at)),
      [1, 2, 3],
    )
    assert.equal(rate.count({ ...SOURCE, developer: 'dev2' }, 59_000), 1)
    assert.equal(rate.count(SOURCE, 60_500), 2)
    assert.equal(rate.count(SOURCE, 600_000), 1)
  })
})
