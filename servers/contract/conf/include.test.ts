import assert from 'node:assert/strict'
import { renderDiagnostic } from '../diagnostic.ts'
import { isEdgeyardError } from '../errors.ts'
import { parseConf } from './parse-conf.ts'

const FILES: Readonly<Record<string, string>> = {
  'types.conf': 'types { text/x-a a; include more-types; }',
  'more-types': 'text/x-b b;',
  'rewrites.conf': 'set $b 2;\nrewrite ^/b /c;\n',
  'wrong.conf': 'location /x {\n  retrun 200;\n}\n',
  'open.conf': 'location /x {',
  'self.conf': 'include self.conf;',
  'lines.map': 'a 1;\nb 2;\n',
}

function include(pattern: string): { file: string; text: string }[] {
  if (pattern === 'secret') throw new Error('EACCES: permission denied')
  const names = pattern === '*.conf' ? ['rewrites.conf', 'types.conf'] : [pattern]
  return names.flatMap((name) => (FILES[name] === undefined ? [] : [{ file: `conf/${name}`, text: FILES[name] }]))
}

const parse = (server: string, edge = '') =>
  parseConf(`edge { ${edge}\nserver {\n${server}\n} }`, { file: 'conf/server.conf', include })

function wrong(server: string): string {
  try {
    parse(server)
  } catch (error) {
    assert.ok(isEdgeyardError(error), String(error))
    return [error.message, ...error.diagnostics.map(renderDiagnostic)].join('\n')
  }
  return 'nothing'
}

describe('include', () => {
  it('stands for what the file says, where it stands', () => {
    const [server] = parse('set $a 1; include rewrites.conf; set $c 3; root public;').servers
    assert.deepEqual(
      server!.rewrites.map((rewrite) => (rewrite.kind === 'set' ? rewrite.name : rewrite.kind)),
      ['a', 'b', 'rewrite', 'c'],
    )
  })

  it('takes all that fit a pattern, and includes from what was included', () => {
    const [server] = parse('include *.conf; include nothing*;').servers
    assert.deepEqual(server!.base.files.types, { a: 'text/x-a', b: 'text/x-b' })
    assert.equal(server!.rewrites.length, 2)
  })

  it('gives a map its lines', () => {
    const conf = parse('', 'map $host $x { default 0; include lines.map; }')
    assert.deepEqual(Object.keys(conf.maps[0]!.exact), ['a', 'b'])
  })

  it('is told of in the file that is wrong', () => {
    assert.equal(
      wrong('set $a 1;\ninclude wrong.conf;'),
      `conf/server.conf has an error in line 2 of conf/wrong.conf: Unknown directive "retrun"
conf/wrong.conf:2:3: Unknown directive "retrun"; did you mean "return"?
    retrun 200;
    ^^^^^^`,
    )
    assert.match(wrong('include open.conf;'), /conf\/open\.conf:1:1: The block "location" is not closed/)
  })

  for (const [pattern, expected] of [
    ['missing.conf', 'conf/server.conf:3:9: There is no file "missing.conf"'],
    ['secret', 'conf/server.conf:3:9: Cannot include "secret": EACCES: permission denied'],
    ['self.conf', 'conf/self.conf:1:9: Files include each other more than 8 deep'],
  ] as const) {
    it(`says of ${pattern} what is wrong`, () => assert.ok(wrong(`include ${pattern};`).includes(expected)))
  }

  it('is one file', () => {
    assert.match(wrong('include a b;'), /"include" takes 1 argument, not 2; write include FILE\|PATTERN;/)
  })
})
