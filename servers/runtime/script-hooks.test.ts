import assert from 'node:assert/strict'
import { parseHooks } from './script-hooks.ts'

const nothing = () => {}

describe('the exports of a script', () => {
  it('may be a plain object, or an object with methods of a class', () => {
    class Script {
      fetch() {
        return { body: 'x' }
      }
    }
    assert.equal(typeof parseHooks({ default: new Script() }, 'src/main.ts').hooks.fetch, 'function')
    assert.deepEqual(parseHooks({ default: { message: nothing, open: nothing } }, 'src/main.ts').warnings, [])
  })

  it('are warned about when they are probably a slip', () => {
    const { warnings } = parseHooks(
      { default: { fetch: nothing, acess: nothing, version: 3, open: nothing } },
      'src/main.ts',
    )
    assert.deepEqual(warnings, [
      'src/main.ts exports "acess", which is not a hook; did you mean "access"?',
      'src/main.ts exports "version", which is not a hook',
      'src/main.ts has "open" but no "message", so it takes no WebSocket',
    ])
  })

  for (const [title, module] of [
    ['nothing', {}],
    ['a function', { default: nothing }],
    ['no hook that answers', { default: { start: nothing } }],
    ['a hook that is no function', { default: { fetch: nothing, stop: true } }],
  ] as const) {
    it(`are refused when they are ${title}`, () => {
      assert.throws(() => parseHooks(module, 'src/main.ts'), { code: 'SCRIPT_INVALID' })
    })
  }
})
