import assert from 'node:assert/strict'
import { isEdgeyardError } from '../errors.ts'
import { parseConf } from './parse-conf.ts'
import { PROBLEMS_MAX } from './problems.ts'

const file = 'server.conf'

/** A conf around some lines of a server. */
const server = (lines: string) => `edge { server { listen 1081;\n${lines}\n} }`
/** The first location of a conf around some lines of a location. */
const location = (lines: string) => parseConf(server(`location / { ${lines} }`), { file }).servers[0]!.locations[0]!

/** `line:column message; hint <what the caret underlines>` of all that is wrong. */
function wrong(text: string): string[] {
  try {
    parseConf(text, { file })
  } catch (error) {
    assert.ok(isEdgeyardError(error) && error.code === 'CONF_INVALID', String(error))
    return error.diagnostics.map(({ line, column, message, hint, lineText = '', length = 1 }) => {
      const underlined = lineText.slice(column - 1, column - 1 + length)
      return `${line}:${column} ${message}${hint ? `; ${hint}` : ''} <${underlined}>`
    })
  }
  return []
}

describe('parseConf', () => {
  it('inherits root from around a location, as nginx does, but not into one that does something else', () => {
    const { locations } = parseConf(
      'edge { root a; server { listen 1; location / { } location /b { root b; } location /c { return 200; } } }',
      { file },
    ).servers[0]!
    const handlers = locations.map(({ handler, files }) =>
      handler.kind === 'files' ? files.folder?.dir : handler.kind,
    )
    assert.deepEqual(handlers, ['a', 'b', 'none'])
  })

  it('takes line ends and marks of other systems', () => {
    const conf = parseConf(
      '\uFEFFedge {\r\n server {\r\n listen 1;\r\n location / {\r\n return 200;\r\n }\r\n }\r\n}\r\n',
      { file },
    )
    assert.equal(conf.servers.length, 1)
  })

  it('treats names that objects have of themselves as any other', () => {
    const { env } = location('script src/main.ts; set $constructor x; set $toString y;')
    assert.deepEqual(env, { constructor: 'x', toString: 'y' })
    assert.ok(Object.isFrozen(env))
    assert.deepEqual(wrong(server('location / { script src/main.ts; set $__proto__ x; }')), [
      '2:38 "$__proto__" is not a variable: letters, digits and "_", a letter first <$__proto__>',
    ])
    assert.deepEqual(wrong(`__proto__ x;\nconstructor { }\nhasOwnProperty;\n${server('')}`), [
      '1:1 Unknown directive "__proto__" <__proto__>',
      '2:1 Unknown directive "constructor" <constructor>',
      '3:1 Unknown directive "hasOwnProperty" <hasOwnProperty>',
    ])
  })

  it('tells of a control character and of a word without end', () => {
    assert.deepEqual(wrong(`pid a\x07b;\n${server('')}`), [
      '1:5 A control character (U+0007) is not allowed in a conf <a\x07b>',
    ])
    assert.deepEqual(wrong(`pid ${'a'.repeat(5000)};\n${server('')}`), [
      '1:5 This word is longer than 4096 characters <a>',
    ])
  })

  it('names the file, how much is wrong and the first place in its message', () => {
    assert.throws(() => parseConf('pid;\nfoo;\nedge { server { listen 1; } }', { file }), {
      code: 'CONF_INVALID',
      message: 'server.conf has 2 errors, the first in line 1: "pid" takes 1 argument, not 0',
    })
  })

  it('stays small and quick whatever it is given', () => {
    const length = 64 * 1024
    const parts = [
      '{',
      '}',
      ';',
      '"',
      "'",
      '\\',
      'a{',
      'a;',
      'a{}',
      '"\n',
      '"a\n"b',
      '\n}',
      ' a',
      '$' + '{',
      '\u0000 ',
      '#',
      'edge{',
      'set $a b;',
      'pid\n',
    ]
    for (const part of parts) {
      const found = wrong(part.repeat(length / part.length))
      assert.ok(found.length >= 1 && found.length <= PROBLEMS_MAX, part)
    }
    assert.deepEqual(wrong(' '.repeat(length + 1)), ['1:1 This conf is longer than 65536 characters <>'])
  })
})
