import assert from 'node:assert/strict'
import { bytesText, QUOTAS_DEFAULT, quotasOf } from '../sandbox/quotas.ts'
import { complaintsAbout } from './complaints.fixture.ts'
import { parseSettings } from './read-settings.ts'

const MIB = 1024 * 1024

describe('quotas in yard.yml', () => {
  it('have defaults, all or one by one', () => {
    assert.deepEqual(parseSettings('', 'y').quotas, QUOTAS_DEFAULT)
    const { everybody } = parseSettings('quotas: { tree: 61m }\n', 'y').quotas
    assert.deepEqual(everybody, { ...QUOTAS_DEFAULT.everybody, tree: 61 * MIB })
  })

  it('are sizes as nginx writes them, and numbers', () => {
    const { everybody } = parseSettings(
      'quotas: { push: 1G, tree: 131072, files: 7, releases: 3, disk: 2048K }\n',
      'y',
    ).quotas
    assert.deepEqual(everybody, { push: 1024 * MIB, tree: 131_072, files: 7, releases: 3, disk: 2 * MIB })
  })

  it('differ for a developer in what is said of them only', () => {
    const { quotas } = parseSettings('quotas:\n  files: 9\n  developers:\n    dev1: { tree: 200m }\n', 'y')
    assert.deepEqual(quotasOf(quotas, 'dev1'), { ...QUOTAS_DEFAULT.everybody, files: 9, tree: 200 * MIB })
    assert.deepEqual(quotasOf(quotas, 'dev2'), { ...QUOTAS_DEFAULT.everybody, files: 9 })
    assert.deepEqual(quotasOf(quotas, 'constructor'), { ...QUOTAS_DEFAULT.everybody, files: 9 })
  })

  for (const [text, expected] of [
    ['quotas: 5\n', ['1:9 quotas must be a map of push, tree, files, releases, disk']],
    ['quotas: { trees: 5m }\n', ['1:11 Unknown quota "trees"']],
    ['quotas: { tree: lots }\n', ['1:17 tree must be a size, e.g. 64m, from 65536 to 4294967296']],
    ['quotas: { tree: -1 }\n', ['1:17 tree must be a size, e.g. 64m, from 65536 to 4294967296']],
    ['quotas: { files: 5k }\n', ['1:18 files must be a number from 1 to 100000']],
    ['quotas: { releases: 1 }\n', ['1:21 releases must be a number from 2 to 1000']],
    ['quotas: { developers: [dev1] }\n', ['1:23 quotas.developers must be a map of developers']],
    ['quotas: { developers: { "../x": { files: 5 } } }\n', ['1:25 "../x" cannot be a developer\'s name']],
    [
      'quotas: { developers: { dev1: 5 } }\n',
      ['1:31 quotas of dev1 must be a map of push, tree, files, releases, disk'],
    ],
  ] as const) {
    it(`are complained about at their place: ${text.trim()}`, () => assert.deepEqual(complaintsAbout(text), expected))
  }

  it('are told so that what is just too much never reads as what is allowed', () => {
    assert.deepEqual([0, 812, 1024, 1537, 10 * MIB, 48 * MIB + 1, 3 * 1024 * MIB].map(bytesText), [
      '0 bytes',
      '812 bytes',
      '1 KiB',
      '1.6 KiB',
      '10 MiB',
      '49 MiB',
      '3 GiB',
    ])
  })
})
