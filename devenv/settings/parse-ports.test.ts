import assert from 'node:assert/strict'
import { complaintsAbout } from './complaints.fixture.ts'
import { parseSettings } from './read-settings.ts'

describe('ranges of ports in yard.yml', () => {
  it('may be left out, and each of them too', () => {
    const usual = parseSettings('', 'y').ports
    assert.deepEqual(usual.socketserver, { from: 1080, to: 1179 })
    const { ports } = parseSettings('ports: { redis: 7000-7999, httpserver: 8000 }', 'y')
    assert.deepEqual(ports, { ...usual, redis: { from: 7000, to: 7999 }, httpserver: { from: 8000, to: 8000 } })
  })

  it('stand beside ports_from, which moves those that are not said', () => {
    const { ports, sshPort } = parseSettings('ports_from: 20000\nports: { dtserver: 30000-30499 }', 'y')
    assert.equal(sshPort, 20000)
    assert.deepEqual(ports.dtserver, { from: 30000, to: 30499 })
    assert.deepEqual(ports.socketserver, { from: 20062, to: 20121 })
  })

  it('hold a thousand developers where they are wide enough', () => {
    const { ports } = parseSettings(
      'ports: { socketserver: 20000-20999, dtserver: 21000-21999, redis: 22000-22999 }',
      'y',
    )
    assert.equal(ports.redis.to - ports.redis.from, 999)
  })

  it('are complained about where they stand', () => {
    const wanted = 'must be a range of ports from 1024 to 65535, e.g. 1080-1379'
    assert.deepEqual(
      complaintsAbout('ports:\n  socketserver: 80-90\n  dtserver: 1200-1100\n  redis: [1]\n  mysql: 1\n'),
      ['5:3 Unknown setting "mysql"', `2:17 socketserver ${wanted}`, `3:13 dtserver ${wanted}`, `4:10 redis ${wanted}`],
    )
    assert.deepEqual(complaintsAbout('ports: 1080-1200'), [
      '1:8 ports must be a map of httpserver, socketserver, dtserver, redis',
    ])
  })

  it('that meet are refused, also one that meets a usual one', () => {
    assert.deepEqual(complaintsAbout('ports: { socketserver: 1080-1379 }'), [
      '1:24 socketserver: 1080-1379 and dtserver: 1180-1279 have ports in common',
    ])
    assert.deepEqual(complaintsAbout('ports: { socketserver: 2000-2100, redis: 2100-2200 }'), [
      '1:42 redis: 2100-2200 and socketserver: 2000-2100 have ports in common',
    ])
  })
})
