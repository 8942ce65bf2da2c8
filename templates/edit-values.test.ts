import assert from 'node:assert/strict'
import { addDevelopers, readListens, removeDevelopers, withListen } from './edit-values.ts'
import { readSeed } from './read-seed.ts'
import { TEMPLATES, type TemplateFiles } from './render.ts'
import { renderYard } from './render-yard.ts'
import { FACTS, PROJECT_ROOT, yardFiles } from './two-developer-yard.fixture.ts'

const NAME = 'socketserver.values.yaml'
const DEV3 = new Map([['dev3', { socketserver: 1083, dtserver: 1183, redis: 6383 }]])

describe('the values files', () => {
  let seed: TemplateFiles
  before(async () => {
    seed = await readSeed(PROJECT_ROOT)
  })

  it('of a new yard are those of every template', () => {
    const names = TEMPLATES.flatMap((name) => [`${name}.conf.hbs`, `${name}.values.yaml`])
    assert.deepEqual(Object.keys(seed), names)
    assert.ok(names.every((name) => seed[name] !== ''))
  })

  it('get a line for a new developer, and nothing else changes', () => {
    const added = addDevelopers(seed, DEV3)
    assert.equal(added[NAME], `${seed[NAME]}dev3: { LISTEN: 1083 }\n`)
    assert.equal(added['redis.values.yaml'], `${seed['redis.values.yaml']}dev3: { LISTEN: 6383 }\n`)
    assert.equal(added['httpserver.values.yaml'], seed['httpserver.values.yaml'])
    assert.equal(addDevelopers(added, DEV3)[NAME], added[NAME])
  })

  it('lose the lines of a developer who has gone, and nothing else changes', async () => {
    const files = await yardFiles()
    assert.deepEqual(removeDevelopers(addDevelopers(files, DEV3), ['dev3']), files)
    assert.deepEqual(removeDevelopers(files, ['dev3']), files)
    assert.doesNotMatch(JSON.stringify(removeDevelopers(files, ['dev1'])), /dev1/)
    assert.throws(() => removeDevelopers(files, ['master']), { code: 'VALUES_INVALID' })
  })

  it('keep comments, order and other keys when a port moves', () => {
    const text =
      '# first\nmaster:\n  LISTEN: 1 # the port\n  A: on\ndev1:\n  # mine\n  A: off\n  LISTEN: 2 # two\ndev2: {}\n'
    const files = { [NAME]: text }
    const moved = (developer: string) => withListen(files, 'socketserver', developer, 7)[NAME]
    assert.equal(moved('master'), text.replace('LISTEN: 1', 'LISTEN: 7'))
    assert.equal(moved('dev1'), text.replace('LISTEN: 2', 'LISTEN: 7'))
    assert.equal(moved('dev2'), text.replace('{}', '{ LISTEN: 7 }'))
    assert.equal(moved('dev3'), `${text}dev3: { LISTEN: 7 }\n`)
    assert.equal(withListen(files, 'socketserver', 'dev1', 2), files)
  })

  it('render for all who were added', () => {
    const names = ['dev1', 'dev2', 'dev3']
    const ports = names.map((name, index) => {
      return [name, { socketserver: 1081 + index, dtserver: 1181 + index, redis: 6381 + index }] as const
    })
    const files = addDevelopers(seed, new Map(ports))
    assert.deepEqual(
      readListens(files)
        .map(({ template, developer, port }) => `${template} ${developer} ${port}`)
        .slice(0, 5),
      ['redis master 6380', 'redis dev1 6381', 'redis dev2 6382', 'redis dev3 6383', 'httpserver master 8000'],
    )
    const developers = [...FACTS.developers, { ...FACTS.developers[2]!, name: 'dev3', index: 3 }]
    const { confs, diagnostics } = renderYard({ files, branches: {}, facts: { ...FACTS, developers } })
    assert.deepEqual(diagnostics, [])
    assert.equal(confs.length, 14)
  })

  it('that cannot be read are not changed', () => {
    for (const text of ['', '- a', 'master: {']) {
      assert.throws(() => withListen({ [NAME]: text }, 'socketserver', 'dev1', 1), { code: 'VALUES_INVALID' }, text)
    }
  })
})
