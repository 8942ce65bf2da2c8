import assert from 'node:assert/strict'
import { addDevelopers } from '../../templates/edit-values.ts'
import { readSeed } from '../../templates/read-seed.ts'
import type { TemplateFiles } from '../../templates/render.ts'
import { projectRoot } from '../e2e/yard.ts'
import { planSections, sectionsOf } from './plan-sections.ts'
import { planPorts } from './ports.ts'

const { ranges } = planPorts()
const people = (...names: string[]) => names.map((name, index) => ({ name, index }))
const none = new Map<number, string>()

describe('the sections of developers', () => {
  let seed: TemplateFiles
  before(async () => {
    seed = await readSeed(projectRoot)
  })
  const assigned = (options: Partial<Parameters<typeof planSections>[0]>) =>
    planSections({ files: seed, developers: people('master', 'ana'), ranges, holders: none, ...options }).assigned.map(
      ({ developer, kind, port }) => `${developer} ${kind} ${port}`,
    )

  it("begin at the developer's own place in each range", () => {
    assert.deepEqual(assigned({}), ['ana socketserver 1081', 'ana dtserver 1181', 'ana redis 6381'])
  })

  it('pass over ports that others have: other sections, branches, other programs', () => {
    const files = addDevelopers(seed, new Map([['bob', { socketserver: 1082, dtserver: 1185, redis: 6385 }]]))
    const branch = { ...seed, 'socketserver.values.yaml': `${seed['socketserver.values.yaml']}bob: { LISTEN: 1081 }\n` }
    const developers = [...people('master', 'ana'), { name: 'bob', index: 2 }]
    const holders = new Map([[1181, 'pid 412 (nginx)']])
    assert.deepEqual(assigned({ files, branches: { bob: branch }, developers, holders }), [
      'ana socketserver 1083',
      'ana dtserver 1182',
      'ana redis 6381',
    ])
  })

  it('stay where they are when a range moves, and leave with their developer', () => {
    const developers = people('master', 'ana', 'bob')
    const first = planSections({ files: seed, developers, ranges, holders: none }).files
    const moved = { ...ranges, socketserver: { from: 30000, to: 30999 } }
    assert.deepEqual(planSections({ files: first, developers, ranges: moved, holders: none }), {
      files: first,
      assigned: [],
    })
    const { files } = planSections({ files: first, developers: people('master'), ranges, holders: none })
    assert.deepEqual(files, seed)
    assert.deepEqual([...sectionsOf(first)].sort(), ['ana', 'bob'])
  })

  it('say which range is full, and who has its last port', () => {
    const small = { ...ranges, dtserver: { from: 1180, to: 1181 } }
    assert.throws(() => assigned({ ranges: small, developers: people('master', 'ana', 'bob') }), {
      code: 'PORT_TAKEN',
      message:
        'the range dtserver: 1180-1181 is full (port 1181 is that of dtserver of ana); widen it in yard.yml, below "ports:"',
    })
  })

  it('are there for a thousand developers in a moment', () => {
    const wide = planPorts(undefined, {
      socketserver: { from: 20000, to: 20999 },
      dtserver: { from: 21000, to: 21999 },
      redis: { from: 22000, to: 22999 },
    }).ranges
    const developers = people('master', ...Array.from({ length: 999 }, (_, n) => `d${n}`))
    assert.equal(assigned({ ranges: wide, developers }).length, 999 * 3)
  })
})
