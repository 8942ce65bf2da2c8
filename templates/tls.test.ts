import assert from 'node:assert/strict'
import { confOf, type TemplateFiles } from './render.ts'
import { renderYard } from './render-yard.ts'
import { FACTS, yardFiles } from './two-developer-yard.fixture.ts'

describe('TLS in the confs', () => {
  let files: TemplateFiles
  before(async () => {
    const all = await yardFiles()
    const http = 'httpserver.values.yaml'
    const text = all[http]!.replace('TLS: false', 'TLS: true').replace(
      'SERVER_NAME: localhost',
      'SERVER_NAME: a.example b',
    )
    files = { ...all, [http]: text }
  })

  it('is spoken where the values say so, and httpserver is called by its first name then', () => {
    const rendered = renderYard({ files, branches: {}, facts: { ...FACTS, tls: { file: 'tls-0123456789ab.pem' } } })
    assert.deepEqual(rendered.diagnostics, [])
    const http = confOf(rendered, 'httpserver', 'master')!.text
    assert.match(
      http,
      /listen 127.0.0.1:8000 ssl;\n {4}server_name a.example b;\n {4}ssl_certificate "conf\/tls-0123456789ab.pem";/,
    )
    const socket = confOf(rendered, 'socketserver', 'dev1')!.text
    assert.match(socket, /listen 127.0.0.1:1081;\n/)
    assert.doesNotMatch(socket, /tls-0123456789ab/)
    assert.match(socket, /\$httpserver_url "https:\/\/a.example:8000"/)
  })

  it('is true or false: a text that means no is not taken for a yes', () => {
    const http = 'httpserver.values.yaml'
    const off = { ...files, [http]: files[http]!.replace('TLS: true', 'TLS: off') }
    const facts = { ...FACTS, tls: { file: 'tls-0123456789ab.pem' } }
    const { confs, diagnostics } = renderYard({ files: off, branches: {}, facts })
    assert.deepEqual(confs, [])
    assert.deepEqual(
      diagnostics.map(({ file, lineText, message }) => [file, lineText?.includes('TLS: off'), message]),
      [[http, true, 'TLS is true or false, and a text here']],
    )
  })

  it('is refused at the value where the yard has no certificate', () => {
    const { confs, diagnostics } = renderYard({ files, branches: {}, facts: FACTS })
    assert.deepEqual(confs, [])
    assert.deepEqual(
      diagnostics.map(({ file, lineText, message }) => [file, lineText?.includes('TLS: true'), message]),
      [['httpserver.values.yaml', true, 'There is no certificate: yard.yml has no "tls"']],
    )
  })
})
