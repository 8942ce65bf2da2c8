// Every example of the script surface is compiled as a push compiles it, served, and asked what stands below it.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { transformSync } from 'esbuild'
import { fakeMysql, fakeRedis, serveScript } from './testing.ts'
import type { Yard } from './types.ts'

interface Example {
  readonly line: number
  readonly code: string
}

function examplesOf(file: string): Example[] {
  // Tests run from dist/, where the comments are gone.
  const source = readFileSync(new URL(`../../../../servers/${file}`, import.meta.url), 'utf8')
  return [...source.matchAll(/@example\n\s*\* ```ts\n(.*?)\n\s*\* ```/gs)].map((match) => ({
    line: source.slice(0, match.index).split('\n').length,
    code: match[1]!.replace(/^ *\* ?/gm, ''),
  }))
}

function compile(code: string, format: 'cjs' | 'esm'): string {
  return transformSync(code, { loader: 'ts', format, target: 'node20' }).code
}

describe('the example of the script surface', () => {
  for (const { line, code } of examplesOf('contract/script.ts')) {
    it(`at line ${line} answers as it says`, async () => {
      const module: { exports: { default?: object } } = { exports: {} }
      new Function('module', 'exports', compile(code, 'cjs'))(module, module.exports)
      const comments = [...code.matchAll(/^\/\/ (.*)$/gm)].map(([, comment = '']) => comment)
      const conf = comments.find((comment) => comment.startsWith('location'))
      const edge = comments.filter((comment) => /^(dict|limit_req_zone) /.test(comment)).join('\n')
      const checks = comments.filter((comment) => comment.includes('→'))
      assert.ok(checks.length > 0, 'an example says what it answers')
      const yard = await serveScript(module.exports.default!, { edge, ...(conf === undefined ? {} : { conf }) })
      try {
        for (const check of checks) await checkOne(yard, check)
      } finally {
        await yard.stop()
      }
    })
  }
})

async function checkOne(yard: Yard, check: string): Promise<void> {
  const [, asked = '', expected = ''] = /^(.*?) → (.*)$/.exec(check) ?? []
  const [, path, sent] = /^ws (\S+): (.*)$/.exec(asked) ?? []
  if (path !== undefined && sent !== undefined) {
    const ws = await yard.connect(path)
    ws.send(sent)
    assert.equal(await ws.next(), expected)
    return ws.close()
  }
  const [method = '', target = '', body] = asked.split(' ')
  const type = body?.includes('=') ? { 'content-type': 'application/x-www-form-urlencoded' } : {}
  const reply = await yard.fetch(target, { method, headers: type as never, ...(body === undefined ? {} : { body }) })
  const [status, text] = [expected.slice(0, 3), expected.slice(4).replaceAll('\\n', '\n')]
  const got = await reply.text()
  assert.equal(`${reply.status} ${got}`, `${status} ${text === '' ? got : text}`)
}

describe('the example of edgeyard/testing', () => {
  for (const { line, code } of examplesOf('testing/script/types.ts')) {
    it(`at line ${line} runs`, async () => {
      const run = new Function(
        'assert',
        'serveScript',
        'fakeRedis',
        'fakeMysql',
        `return (async () => {${compile(code, 'esm')}})()`,
      )
      await run(assert, serveScript, fakeRedis, fakeMysql)
    })
  }
})
