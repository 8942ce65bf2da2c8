import assert from 'node:assert/strict'
import { addDevelopers, withListen } from '../../../templates/edit-values.ts'
import { readSeed } from '../../../templates/read-seed.ts'
import type { TemplateFiles } from '../../../templates/render.ts'
import { projectRoot } from '../../e2e/yard.ts'
import { planUpdate } from './plan-update.ts'

const FILE = 'dtserver.values.yaml'
const CONF = 'dtserver.conf.hbs'

describe("this version's templates against the operator's", () => {
  let theirs: TemplateFiles
  before(async () => {
    theirs = await readSeed(projectRoot)
  })
  const edit = (files: TemplateFiles, file: string, from: string | RegExp, to: string): TemplateFiles => ({
    ...files,
    [file]: files[file]!.replace(from, to),
  })
  /** As a yard has it: other ports, and people. */
  const inYard = (files: TemplateFiles) =>
    addDevelopers(
      withListen(files, 'dtserver', 'master', 20122),
      new Map([['ana', { socketserver: 20063, dtserver: 20123, redis: 20183 }]]),
    )
  const stateOf = async (mine: TemplateFiles, base: TemplateFiles, file: string) =>
    (await planUpdate({ mine, base, theirs })).find((plan) => plan.file === file)!

  it('are the same in a new yard, whatever its ports and people', async () => {
    const plans = await planUpdate({ mine: inYard(theirs), base: theirs, theirs })
    assert.deepEqual([...new Set(plans.map(({ state }) => state))], ['same'])
  })

  it('are taken where the operator has changed nothing, with ports and people as they are', async () => {
    const base = edit(theirs, FILE, 'IDLE_TIMEOUT: 120s', 'IDLE_TIMEOUT: 60s')
    const plan = await stateOf(inYard(base), base, FILE)
    assert.equal(plan.state, 'new')
    assert.equal(plan.next, inYard(theirs)[FILE])
  })

  it('leave what only the operator has changed', async () => {
    const plan = await stateOf(edit(inYard(theirs), CONF, 'location /dt', 'location /data'), theirs, CONF)
    assert.deepEqual([plan.state, plan.next], ['yours', plan.mine])
  })

  it('are merged where both have changed something', async () => {
    const base = edit(theirs, FILE, 'IDLE_TIMEOUT: 120s', 'IDLE_TIMEOUT: 60s')
    const plan = await stateOf(edit(inYard(base), FILE, 'ENGINE: uws', 'ENGINE: node'), base, FILE)
    assert.equal(plan.state, 'merged')
    assert.match(plan.next, /ENGINE: node[\s\S]*IDLE_TIMEOUT: 120s[\s\S]*ana: \{ LISTEN: 20123 \}/)
  })

  it('are told by line where both have changed the same', async () => {
    const base = edit(theirs, FILE, 'IDLE_TIMEOUT: 120s', 'IDLE_TIMEOUT: 60s')
    const mine = edit(inYard(base), FILE, 'IDLE_TIMEOUT: 60s', 'IDLE_TIMEOUT: 45s')
    const plan = await stateOf(mine, base, FILE)
    assert.equal(plan.state, 'conflict')
    assert.equal(plan.next, plan.mine)
    const line = mine[FILE]!.split('\n').findIndex((text) => text.includes('IDLE_TIMEOUT: 45s')) + 1
    assert.deepEqual(
      plan.conflicts.map((conflict) => [conflict.line, /45s/.test(conflict.mine), /120s/.test(conflict.theirs)]),
      [[line, true, true]],
    )
  })

  it('come and go as files', async () => {
    const base = { ...theirs, 'nats.conf.hbs': 'old' }
    assert.equal((await stateOf({ ...inYard(theirs), 'nats.conf.hbs': 'old' }, base, 'nats.conf.hbs')).state, 'gone')
    const { [CONF]: _, ...without } = theirs
    const { [CONF]: __, ...mine } = inYard(theirs)
    assert.deepEqual((await stateOf(mine, without, CONF)).state, 'new')
  })
})
