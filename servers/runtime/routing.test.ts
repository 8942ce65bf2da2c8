import assert from 'node:assert/strict'
import { parseConf } from '../contract/conf/parse-conf.ts'
import { createAccessLogs } from './access-log/access-logs.ts'
import { createMemoryZones } from './dict/memory-zones.ts'
import { type PlanServices, planServer } from './phases.ts'
import { findIn } from './rewrite/find-location.ts'
import { createRouter } from './routing.ts'

const CONF = `
events { worker_connections 10; }
edge {
  server {
    listen 80; server_name a.example;
    location / { return 200 root; }
    location /game { return 200 game; }
    location /game/x/ { return 200 deep; }
    location = /game { return 200 exact; }
  }
  server {
    listen 80; server_name b.example c.example;
    location /only { return 200 b; }
  }
}`

describe('a route', () => {
  const conf = parseConf(CONF, { file: 'test.conf' })
  const { servers } = conf
  const services: PlanServices = {
    conf,
    release: '/',
    accessLogs: createAccessLogs({
      prefix: '/',
      releaseName: undefined,
      createLogger: () => assert.fail(),
      tell: assert.fail,
    }),
    buckets: new Map(),
    zones: createMemoryZones(),
    sourceOf: () => assert.fail('There are no scripts'),
  }
  const route = createRouter(servers.map((server) => planServer(server, services, findIn)))
  const answer = (host: string, path: string) => {
    const [step] = route(host).find(path, () => {})?.location.rewrites ?? []
    return step?.kind === 'return' ? step.text[0] : undefined
  }

  for (const [host, path, wanted] of [
    ['a.example', '/', 'root'],
    ['a.example', '/other', 'root'],
    ['a.example', '/game', 'exact'],
    ['a.example', '/game/', 'game'],
    ['a.example', '/gamer', 'game'],
    ['a.example', '/game/x/y', 'deep'],
    ['b.example', '/only/this', 'b'],
    ['c.example', '/only', 'b'],
    ['b.example', '/', undefined],
    ['unknown.example', '/game', 'exact'],
    ['', '/', 'root'],
  ] as const) {
    it(`of ${host || 'no host'}${path} is ${wanted ?? 'none'}`, () => assert.equal(answer(host, path), wanted))
  }
})
