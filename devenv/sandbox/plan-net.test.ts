import assert from 'node:assert/strict'
import { DEFAULT_LIMITS } from '../settings/limits.ts'
import { planNet } from './plan-net.ts'

describe('the connections that sandboxes may make', () => {
  const developers = [
    { name: 'master', uid: 20_000 },
    { name: 'ana', uid: 20_001 },
    { name: 'bob', uid: 20_002 },
  ]
  const sandbox = (server: 'httpserver' | 'socketserver', developer: string, port: number, stores: number[] = []) => ({
    ...{ name: { server, developer }, port, stores },
  })
  const plan = planNet({
    developers,
    sandboxes: [
      sandbox('httpserver', 'master', 8000),
      sandbox('socketserver', 'ana', 1081),
      sandbox('socketserver', 'bob', 1082, [6382]),
    ],
    limits: { everybody: DEFAULT_LIMITS, developers: { bob: { outbound: false } } },
    outsideMysqlPort: null,
  })
  const portsOf = (uid: number) => plan.ways.filter((way) => way.uid === uid).map(({ port }) => port)

  it('are to their own sandboxes, the shared httpserver and the stores of their confs', () => {
    for (const uid of [21_001, 22_001, 23_001]) assert.deepEqual(portsOf(uid), [1081, 8000])
    assert.deepEqual(portsOf(22_002), [1082, 6382, 8000])
    assert.deepEqual(portsOf(22_000), [8000])
    assert.deepEqual(plan.uids, [21_000, 23_999])
  })

  it('are to no other machine for whom the operator says so', () => {
    assert.deepEqual(plan.closed, [21_002, 22_002, 23_002])
  })
})
