import assert from 'node:assert/strict'
import { complaintsAbout } from './complaints.fixture.ts'
import { parseSettings } from './read-settings.ts'

const alertsOf = (text: string) => parseSettings(`logs:\n  alerts: ${text}`, 'y').logs.alerts

describe('alerts in yard.yml', () => {
  it('are nobody’s unless somebody is named', () => assert.equal(parseSettings('logs: {}', 'y').logs.alerts, null))

  it('go to a webhook, or to several', () => {
    const none = { mail: null, errorsPerMinute: null, quietMinutes: 30 }
    assert.deepEqual(alertsOf('{ webhook: "https://chat.example/x" }'), {
      ...none,
      webhooks: ['https://chat.example/x'],
    })
    const two = ['http://127.0.0.1:1/a', 'https://b.example']
    assert.deepEqual(alertsOf(`{ webhook: [${two.map((one) => `"${one}"`)}] }`)?.webhooks, two)
  })

  it('go by mail, with TLS from the beginning on its own port', () => {
    const text =
      '{ mail: { to: ops@a.example, from: yard@a.example, host: smtp.a.example, port: 465, user: u, password: p } }'
    assert.deepEqual(alertsOf(text)?.mail, {
      ...{ to: ['ops@a.example'], from: 'yard@a.example', host: 'smtp.a.example', port: 465, secure: true },
      login: { user: 'u', password: 'p' },
    })
  })

  const wrong: readonly (readonly [text: string, complaint: RegExp])[] = [
    ['x', /alerts must be a map/],
    ['{}', /alerts need a webhook or a mail/],
    ['{ webhook: ftp://x }', /webhook must be an http or https address/],
    ['{ webhook: [] }', /webhook may have 1 to 20/],
    ['{ mail: x }', /mail must be a map/],
    ['{ mail: { to: a@b.c } }', /mail needs from/],
    ['{ mail: { to: "a@b.c\\nBcc: x@y.z", from: a@b.c, host: h } }', /to must be an address/],
    ['{ webhook: "http://x", errors_per_minute: 0 }', /errors_per_minute must be a whole number/],
    ['{ webhook: "http://x", quiet_minutes: soon }', /quiet_minutes must be a whole number/],
    ['{ webhook: "http://x", sms: 1 }', /Unknown setting "sms"/],
  ]
  for (const [text, complaint] of wrong) {
    it(`refuse ${text}`, () => assert.match(complaintsAbout(`logs:\n  alerts: ${text}`).join('\n'), complaint))
  }
})
