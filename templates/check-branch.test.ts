import assert from 'node:assert/strict'
import { checkDeveloperBranch } from './check-branch.ts'
import type { TemplateFiles } from './render.ts'
import { brief, withText, yardFiles } from './two-developer-yard.fixture.ts'

describe("a developer's branch of serverctrl", () => {
  let base: TemplateFiles
  before(async () => {
    base = await yardFiles()
  })

  const wrong = (pushed: TemplateFiles) => checkDeveloperBranch({ developer: 'dev1', base, pushed }).map(brief)
  const edited = (from: string, to: string, name = 'socketserver.values.yaml') => withText(base, name, from, to)

  it('may set the keys that are theirs, and take them back', () => {
    const own = edited('dev1: { LISTEN: 1081 }', 'dev1: { LISTEN: 1081, GUESTS: on, LOG_LEVEL: debug }')
    assert.deepEqual(wrong(base), [])
    assert.deepEqual(wrong(own), [])
    assert.deepEqual(checkDeveloperBranch({ developer: 'dev1', base: own, pushed: base }), [])
  })

  it('may add a section of their own to a file that has none, and comments anywhere', () => {
    const { 'socketserver.values.yaml': text, ...rest } = base
    const without = { ...rest, 'socketserver.values.yaml': text!.replace('dev1: { LISTEN: 1081 }\n', '') }
    const pushed = withText(
      without,
      'socketserver.values.yaml',
      'dev2:',
      '# mine\ndev1: { GUESTS: on } # really\ndev2:',
    )
    assert.deepEqual(checkDeveloperBranch({ developer: 'dev1', base: without, pushed }), [])
  })

  it('may not change the section of another, nor of master', () => {
    assert.deepEqual(wrong(edited('dev2: { LISTEN: 1082 }', 'dev2: { LISTEN: 1082, GUESTS: on }')), [
      'dev1:socketserver.values.yaml: The section "dev2" is not dev1\'s: only "dev1" may be changed here <GUESTS>',
    ])
    assert.deepEqual(wrong(edited('CODE_CACHE: on', 'CODE_CACHE: off')), [
      'dev1:socketserver.values.yaml: The section "master" is not dev1\'s: only "dev1" may be changed here <CODE_CACHE>',
    ])
    assert.deepEqual(wrong(edited('dev2: { LISTEN: 1082 }\n', '')).length, 1)
  })

  it('may not take a key that is not theirs, nor a port, and is told whose it is', () => {
    const theirs = 'theirs are LOG_LEVEL, CODE_CACHE, IDLE_TIMEOUT, GUESTS'
    assert.deepEqual(wrong(edited('dev1: { LISTEN: 1081 }', 'dev1: { LISTEN: 1081, ENGINE: node }')), [
      `dev1:socketserver.values.yaml: "ENGINE" is not dev1's to set; ${theirs} <ENGINE>`,
    ])
    assert.deepEqual(wrong(edited('dev1: { LISTEN: 1081 }', 'dev1: { LISTEN: 1082 }')), [
      'dev1:socketserver.values.yaml: "LISTEN" is not dev1\'s to set; port 1082 is that of socketserver/dev2 <LISTEN>',
    ])
    assert.deepEqual(wrong(edited('dev1: { LISTEN: 1081 }', 'dev1: {}')), [
      `dev1:socketserver.values.yaml: "LISTEN" is not dev1's to set; ${theirs} <dev1>`,
    ])
    assert.deepEqual(
      wrong(edited('dev1: { LISTEN: 6381 }', 'dev1: { LISTEN: 6381, MAXMEMORY: 1gb }', 'redis.values.yaml')),
      ['dev1:redis.values.yaml: "MAXMEMORY" is not dev1\'s to set; no key of this file is <MAXMEMORY>'],
    )
  })

  it('may not give itself more keys', () => {
    const more = edited('GUESTS ]', 'GUESTS, ENGINE ]')
    assert.deepEqual(
      wrong(
        withText(more, 'socketserver.values.yaml', 'dev1: { LISTEN: 1081 }', 'dev1: { LISTEN: 1081, ENGINE: node }'),
      ),
      [
        "dev1:socketserver.values.yaml: DEVELOPER_MAY_SET is the operator's to change <master>",
        'dev1:socketserver.values.yaml: "ENGINE" is not dev1\'s to set; theirs are LOG_LEVEL, CODE_CACHE, IDLE_TIMEOUT, GUESTS <ENGINE>',
      ],
    )
  })

  it('may not give itself an httpserver', () => {
    const pushed = {
      ...base,
      'httpserver.values.yaml': `${base['httpserver.values.yaml']}dev1: { LOG_LEVEL: debug }\n`,
    }
    assert.deepEqual(wrong(pushed), [
      "dev1:httpserver.values.yaml: dev1 has no httpserver of their own: the operator gives one with a section in master's file <dev1>",
    ])
  })

  it('is told of a wrong value in its own section', () => {
    assert.deepEqual(wrong(edited('dev1: { LISTEN: 1081 }', 'dev1: { LISTEN: 1081, GUESTS: true }')), [
      'dev1:socketserver.values.yaml: GUESTS is a text in master, and true or false here <true>',
    ])
    assert.deepEqual(wrong(edited('dev1: { LISTEN: 1081 }', 'dev1: { LISTEN: 1081, GUESTS: "a;b" }')), [
      'dev1:socketserver.values.yaml: The value of GUESTS has the character ;, which values may not have: it could end its directive <"a;b">',
    ])
    assert.deepEqual(wrong({ ...base, 'socketserver.values.yaml': 'master: {' }).length, 1)
  })

  it('may not touch any other file', () => {
    const { 'redis.conf.hbs': _, ...without } = base
    const theirs = 'on the branch of dev1: only the section "dev1" of values files is theirs <>'
    assert.deepEqual(wrong(edited('src/main.ts', 'src/x.ts', 'socketserver.conf.hbs')), [
      `dev1:socketserver.conf.hbs: This file may not be changed ${theirs}`,
    ])
    assert.deepEqual(wrong(without), [`dev1:redis.conf.hbs: This file may not be removed ${theirs}`])
    assert.deepEqual(wrong({ ...base, 'x.values.yaml': 'master: {}' }), [
      `dev1:x.values.yaml: This file may not be added ${theirs}`,
    ])
  })
})
