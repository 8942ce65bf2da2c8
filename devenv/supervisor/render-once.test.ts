import assert from 'node:assert/strict'
import type { RenderInput, TemplateFiles } from '../../templates/render.ts'
import { createRenderer } from './render-once.ts'

describe('the renderer of the daemon', () => {
  const [a, b] = [{ 'a.conf.hbs': 'a' }, { 'a.conf.hbs': 'b' }]
  const input = (files: TemplateFiles, host = '127.0.0.1', branches: RenderInput['branches'] = {}): RenderInput => ({
    files,
    branches,
    facts: {
      root: '/yard',
      host,
      developers: [],
      mysql: { address: 'unix:/m', database: 'game' },
      ports: { ssh: 1, viewer: 2 },
    },
  })

  it('renders again as soon as a file or a fact differs, and only then', () => {
    let times = 0
    const told: unknown[] = []
    const fitted = { confs: [], diagnostics: [], leftOut: [], complaints: [] }
    const render = createRenderer(
      (rendered) => told.push(rendered),
      () => ({ ...fitted, times: ++times }),
    )
    assert.equal(render(input(a)), render(input(a)))
    assert.equal(times, 1)
    render(input(b))
    render(input(b, '10.0.0.1'))
    assert.equal(times, 3)
    render(input(a))
    assert.equal(times, 4)
    render(input(a, '127.0.0.1', { dev1: b }))
    render(input(a, '127.0.0.1', { dev1: b }))
    assert.equal(times, 5)
    render(input(a, '127.0.0.1', { dev2: b }))
    render(input(a, '127.0.0.1', { dev2: a }))
    assert.equal(times, 7)
    assert.equal(told.length, 7)
  })
})
