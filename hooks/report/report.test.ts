import assert from 'node:assert/strict'
import { printable } from '../../devenv/control/printable.ts'
import type { SandboxStatus } from '../../devenv/control/protocol.ts'
import { liveLine } from './failures.ts'
import { createReport } from './report.ts'

describe('printable', () => {
  for (const [title, text, shown] of [
    ['an escape sequence', 'a\u001b[31mb', 'a?[31mb'],
    ['a window title', '\u001b]0;x\u0007', '?]0;x?'],
    ['a carriage return', 'good\rbad', 'good?bad'],
    ['a newline', 'a\nb', 'a?b'],
    ['8-bit controls', 'a\u009b31m', 'a?31m'],
    ['text turned around', 'a\u202eb\u2066c', 'a?b?c'],
    ['characters without room', 'a\u200bb\ufeff\u00ad', 'a?b??'],
    ['line separators', 'a\u2028b', 'a?b'],
    ['tags', 'a\u{e0041}', 'a?'],
    ['half a pair', 'a\ud800b', 'a?b'],
  ] as const) {
    it(`shows ${title} as ?`, () => assert.equal(printable(text), shown))
  }

  it('keeps what is text, in any script, and tabs', () => {
    const text = '\tПривет, 世界, größe 🎈 – ok'
    assert.equal(printable(text), text)
  })

  it('cuts a line that is too long', () => assert.equal(printable('x'.repeat(1000)).length, 400))
})

describe('a report', () => {
  it('tells steps with their durations, and failed ones', async () => {
    const written: string[] = []
    let clock = 0
    const report = createReport({ write: (text) => written.push(text), now: () => clock })
    await report.step(
      'build',
      async () => {
        clock = 12.4
      },
      () => 'src/main.ts',
    )
    await assert.rejects(
      report.step(
        'boot',
        async () => {
          clock = 1012
          throw new Error('no')
        },
        () => '',
      ),
    )
    assert.deepEqual(written, ['build      12 ms  src/main.ts\n', 'boot     1000 ms  failed\n'])
  })

  it('shows some diagnostics and counts the rest', () => {
    const written: string[] = []
    const report = createReport({ write: (text) => written.push(text), now: () => 0 })
    report.diagnostics(
      Array.from({ length: 12 }, (_, index) => ({ file: 'a\u001b.ts', line: index + 1, column: 1, message: 'm' })),
    )
    assert.equal(written.length, 11)
    assert.equal(written[0], 'a?.ts:1:1: m\n')
    assert.equal(written[10], '… and 2 more\n')
  })
})

describe('liveLine', () => {
  const status: SandboxStatus = {
    ...{
      server: 'socketserver',
      developer: 'dev1',
      state: 'ready',
      reason: null,
      url: 'ws://h:1/hhl',
      port: 1,
      pid: 1,
    },
    ...{ release: 'abc', commit: null, common: null, uptimeMs: 1, rssBytes: 1, restarts: 0 },
  }

  it('says live only of what serves', () => {
    assert.equal(liveLine(status), 'dev1 socketserver is live: release abc at ws://h:1/hhl')
    assert.equal(liveLine({ ...status, state: 'starting', release: null, url: '' }), 'dev1 socketserver is starting')
  })
})
