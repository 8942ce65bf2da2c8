import assert from 'node:assert/strict'
import { type Diagnostic, locate } from '../servers/contract/diagnostic.ts'
import type { Source } from './blame.ts'
import type { Entry } from './parse-values.ts'
import { traceConf } from './trace-conf.ts'

const template: Source = {
  file: 'x.conf.hbs',
  text: 'a;\nlisten {{HOST}}:{{LISTEN}} {{MODE}};\n{{#if A}}\nb\n{{/if}}\n',
}
const valuesText = 'LISTEN: 70000\nMODE: slow\n'
const values = new Map<string, Entry>(
  ['LISTEN: 70000', 'MODE: slow'].map((line) => {
    const [key, value] = line.split(': ') as [string, string]
    const source = { file: 'x.values.yaml', text: valuesText }
    const start = valuesText.indexOf(value)
    const at = { source, start, end: start + value.length }
    return [key, { value, at, key: at }]
  }),
)

describe('a mistake in a rendered conf', () => {
  const rendered = 'a;\nlisten 10.0.0.1:70000 slow;\nb\n'
  const trace = (what: string, text = rendered) => {
    const diagnostic: Diagnostic = {
      file: 'x.conf (dev1)',
      ...locate(text, text.indexOf(what)),
      message: 'm',
      length: 1,
    }
    const { file, line, column } = traceConf(diagnostic, template, values)
    return `${file}:${line}:${column}`
  }

  it('is shown at the value that it comes from', () => {
    assert.equal(trace('70000'), 'x.values.yaml:1:9')
    assert.equal(trace('slow'), 'x.values.yaml:2:7')
  })

  it('is shown in the template where no value is to blame: its own words, a fact, the end of the line', () => {
    assert.equal(trace('listen'), 'x.conf.hbs:2:1')
    assert.equal(trace('10.0.0.1'), 'x.conf.hbs:2:8')
    assert.equal(trace(';\nb'), `x.conf.hbs:2:${'listen {{HOST}}:{{LISTEN}} {{MODE}};'.length}`)
  })

  it('stays with the rendered text where lines do not correspond', () => {
    assert.equal(trace('b'), 'x.conf (dev1):3:1')
  })
})
