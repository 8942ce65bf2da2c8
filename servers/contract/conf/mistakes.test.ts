// What a person is shown for each mistake in a conf: mistakes.txt. After a change that is meant:
//   UPDATE_GOLDEN=1 npx mocha --no-config dist/servers/contract/conf/mistakes.test.js
// and read the difference before it is committed.
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { renderDiagnostic } from '../diagnostic.ts'
import { isEdgeyardError } from '../errors.ts'
import { parseConf } from './parse-conf.ts'

const FILE = new URL('../../../../servers/contract/conf/mistakes.txt', import.meta.url)

interface Mistake {
  readonly title: string
  readonly conf: string
  readonly shown: string
}

describe('a mistake in a conf', () => {
  const mistakes = readMistakes()
  for (const { title, conf, shown } of mistakes) {
    if (process.env.UPDATE_GOLDEN !== '1') it(`is shown: ${title}`, () => assert.equal(show(conf), shown))
  }
  if (process.env.UPDATE_GOLDEN === '1') {
    const text = mistakes.map(({ title, conf }) => `=== ${title}\n${conf}\n---\n${show(conf)}\n`).join('\n')
    it('is written to mistakes.txt', () => writeFileSync(FILE, text))
  }
})

function readMistakes(): Mistake[] {
  return readFileSync(FILE, 'utf8')
    .split(/^=== /m)
    .slice(1)
    .map((part) => {
      const [, title, conf, shown] = /^(.*)\n([\s\S]*?)\n---\n([\s\S]*?)\n*$/.exec(part)!
      return { title: title!, conf: conf!, shown: shown! }
    })
}

function show(conf: string): string {
  try {
    parseConf(conf, { file: 'server.conf' })
    return 'nothing is wrong'
  } catch (error) {
    assert.ok(isEdgeyardError(error), String(error))
    return error.diagnostics.map(renderDiagnostic).join('\n')
  }
}
