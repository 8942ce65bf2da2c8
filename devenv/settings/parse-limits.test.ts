import assert from 'node:assert/strict'
import { complaintsAbout } from './complaints.fixture.ts'
import { DEFAULT_LIMITS, limitsOf } from './limits.ts'
import { parseSettings } from './read-settings.ts'

const MIB = 1024 ** 2

describe('limits in yard.yml', () => {
  it('may be left out, and each of them too', () => {
    assert.deepEqual(parseSettings('', 'y').limits, { everybody: DEFAULT_LIMITS, developers: {} })
    assert.deepEqual(parseSettings('limits: { cpu: 0.5 }', 'y').limits.everybody, { ...DEFAULT_LIMITS, cpus: 0.5 })
  })

  it('are the same for everybody but whom the operator names', () => {
    const text = [
      'limits:',
      '  memory: 512m',
      '  processes: 100',
      '  open_files: 2000',
      '  developers:',
      '    ana: { memory: 2g, outbound: off }',
      '    constructor: { cpu: 1 }',
    ].join('\n')
    const { limits } = parseSettings(text, 'y')
    const everybody = { memoryBytes: 512 * MIB, cpus: null, processes: 100, openFiles: 2000, outbound: true }
    assert.deepEqual(limitsOf(limits, 'bob'), everybody)
    assert.deepEqual(limitsOf(limits, 'valueof'), everybody)
    assert.deepEqual(limitsOf(limits, 'ana'), { ...everybody, memoryBytes: 2048 * MIB, outbound: false })
    assert.deepEqual(limitsOf(limits, 'constructor'), { ...everybody, cpus: 1 })
  })

  it('are complained about where they stand', () => {
    const text = [
      'limits:',
      '  memory: 64m',
      '  cpus: 1',
      '  processes: 1.5',
      '  outbound: perhaps',
      '  developers: { Ana: { cpu: 1 }, bob: 7, eve: { open_files: many, developers: {} } }',
    ].join('\n')
    assert.deepEqual(complaintsAbout(text), [
      '3:3 Unknown setting "cpus"',
      '2:11 memory must be a size from 128m on, e.g. 512m or 1g',
      '4:14 processes must be a whole number from 32 to 1000000',
      '5:13 outbound must be on or off',
      '6:15 "Ana" cannot be a developer\'s name',
      '6:39 limits of bob must be a map of memory, cpu, processes, open_files, outbound',
      '6:67 Unknown setting "developers"',
      '6:61 open_files must be a whole number from 64 to 1048576',
    ])
    assert.deepEqual(complaintsAbout('limits: 7'), [
      '1:9 limits must be a map of memory, cpu, processes, open_files, outbound, developers',
    ])
  })
})
