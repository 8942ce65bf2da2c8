import assert from 'node:assert/strict'
import { complaintsAbout } from './complaints.fixture.ts'
import { parseSettings } from './read-settings.ts'

describe('tls in yard.yml', () => {
  it('may be left out, and names two files', () => {
    assert.equal(parseSettings('', 'y').tls, null)
    const { tls } = parseSettings('tls: { certificate: /etc/ssl/a.pem, key: /etc/ssl/a.key }', 'y')
    assert.deepEqual(tls, { certificate: '/etc/ssl/a.pem', key: '/etc/ssl/a.key' })
  })

  it('is complained about where it stands', () => {
    assert.deepEqual(complaintsAbout('tls: on'), ['1:6 tls must be a map of certificate and key'])
    assert.deepEqual(complaintsAbout('tls:\n  certificate: yard.pem\n  cipher: x\n'), [
      '3:3 Unknown setting "cipher"',
      '2:16 certificate must be the absolute path of a PEM file',
      '2:3 tls needs key',
    ])
  })
})
