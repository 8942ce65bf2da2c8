import assert from 'node:assert/strict'
import type { Severity } from '../../servers/contract/record.ts'
import { groupLines, parseOutput } from './parse-output.ts'

describe('what a program writes', () => {
  const lines: readonly (readonly [line: string, severity: Severity, message: string])[] = [
    ['edge-server: [emerg] no such file', 'emerg', 'no such file'],
    ['edge-server: [alert] cannot open error_log "x"', 'alert', 'cannot open error_log "x"'],
    ['edge-server: [warning] nginx says warn, syslog warning', 'warn', 'nginx says warn, syslog warning'],
    ['edge-server: [what] is that', 'notice', 'edge-server: [what] is that'],
    ['Error: no table', 'notice', 'Error: no table'],
    ['1:M 20 Nov 2026 22:56:05.807 # WARNING Memory overcommit', 'warn', 'WARNING Memory overcommit'],
    ['1:C 20 Nov 2026 22:56:05.807 * oO0OoO0OoO0Oo Redis is starting', 'notice', 'oO0OoO0OoO0Oo Redis is starting'],
    ['23:S 20 Nov 2026 22:56:05.807 - Accepted 127.0.0.1:4711', 'info', 'Accepted 127.0.0.1:4711'],
    ['1:M 20 Nov 2026 22:56:05.807 . 0 clients connected', 'debug', '0 clients connected'],
    ['2026-11-20 22:56:05 0 [Note] Server socket created', 'notice', 'Server socket created'],
    ['2026-11-20  2:56:05 12 [Warning] Aborted connection', 'warn', 'Aborted connection'],
    ['2026-11-20 22:56:05 0 [ERROR] InnoDB: no space', 'error', 'InnoDB: no space'],
    ['edge-server: [constructor] x', 'notice', 'edge-server: [constructor] x'],
  ]
  for (const [line, severity, message] of lines) {
    it(`is ${severity}: ${line}`, () => assert.deepEqual(parseOutput([line]), { severity, message }))
  }

  it('is an act of somebody at the log page, with its fields', () => {
    const line = 'logs-viewer: [warn] nobody: login: wrong token\t{"audit":true,"from":"::1"}'
    const said = { severity: 'warn', message: 'nobody: login: wrong token', fields: { audit: true, from: '::1' } }
    assert.deepEqual(parseOutput([line]), said)
    assert.deepEqual(parseOutput(['logs-viewer: [emerg] no port']), { severity: 'emerg', message: 'no port' })
    assert.deepEqual(parseOutput(['logs-viewer: [notice] a\t{broken']), {
      severity: 'notice',
      message: 'logs-viewer: [notice] a\t{broken',
    })
  })

  it('is one record with the lines that belong below it', () => {
    const written = ['one', 'Error: no', '    at a', 'at b', '\tc', 'two', '', 'attic']
    const groups = groupLines(written, 1_000)
    assert.deepEqual(groups, [['one'], ['Error: no', '    at a', 'at b', '\tc'], ['two'], [''], ['attic']])
    assert.deepEqual(parseOutput(groups[1]!), {
      severity: 'notice',
      message: 'Error: no',
      stack: '    at a\nat b\n\tc',
    })
  })

  it('is cut when too many lines belong together', () => {
    assert.deepEqual(groupLines(['head', ' 1234', ' 5678', ' 9'], 10), [['head', ' 1234', ' 5678'], [' 9']])
  })
})
