import assert from 'node:assert/strict'
import { renderDiagnostic } from '../../servers/contract/diagnostic.ts'
import { findStrangers } from './find-strangers.ts'

describe('strangers in yard.yml', () => {
  const developers = ['master', 'ana', 'constructor']

  it('are told with their place, and with who is likely meant', () => {
    const text = [
      'limits:',
      '  memory: 1g',
      '  developers:',
      '    ana: { memory: 2g }',
      '    anna: { memory: 2g }',
      'quotas:',
      '  developers: { master: { disk: 4g }, zoe: { disk: 4g } }',
    ].join('\n')
    assert.deepEqual(findStrangers(text, 'yard.yml', developers).map(renderDiagnostic), [
      [
        'yard.yml:5:5: limits of "anna" count for nobody: there is no such developer; did you mean "ana"?',
        '      anna: { memory: 2g }',
        '      ^^^^',
      ].join('\n'),
      [
        'yard.yml:7:39: quotas of "zoe" count for nobody: there is no such developer; they count as soon as somebody is added who is called that',
        '    developers: { master: { disk: 4g }, zoe: { disk: 4g } }',
        '                                        ^^^',
      ].join('\n'),
    ])
  })

  it('are none where nobody is named, and where there are no settings to read', () => {
    for (const text of ['', 'limits:\n', 'limits: { developers: }\n', 'quotas: 7\n', '- a\n', 'limits: [\n']) {
      assert.deepEqual(findStrangers(text, 'yard.yml', developers), [], text)
    }
  })
})
