import assert from 'node:assert/strict'
import type { RenderInput } from '../../templates/render.ts'
import { createRenderer } from './render-once.ts'

describe('the renderer of the daemon', () => {
  const input = (text: string, host = '127.0.0.1'): RenderInput => ({
    files: { 'a.conf.hbs': text },
    branches: {},
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
    assert.equal(render(input('a')), render(input('a')))
    assert.equal(times, 1)
    render(input('b'))
    render(input('b', '10.0.0.1'))
    assert.equal(times, 3)
    render(input('a'))
    assert.equal(times, 4)
    assert.equal(told.length, 4)
  })
})
