import assert from 'node:assert/strict'
import { pageBehindLogin } from './frame/page-behind-login.ts'

const origin = 'https://yard.example:8088'
const table: [next: string | null, page: string | null][] = [
  [null, null],
  ['/docs', `${origin}/docs`],
  ['/docs/', `${origin}/docs/`],
  ['/docs/common/verbs?q=1#run', `${origin}/docs/common/verbs?q=1#run`],
  [`${origin}/docs/edgeyard`, `${origin}/docs/edgeyard`],
  ['', null],
  ['/', null],
  ['/docsy', null],
  ['/docs/../api/logout', null],
  ['/docs/%2e%2e/api/export', null],
  ['//elsewhere.example/docs/', null],
  ['/\\elsewhere.example/docs/', null],
  ['\t//elsewhere.example/docs/', null],
  ['https://elsewhere.example/docs/', null],
  ['https:elsewhere.example/docs/', null],
  ['http://yard.example:8088/docs/', null],
  ['https://yard.example:8088@elsewhere.example/docs/', null],
  ['https://yard.example/docs/', null],
  ['javascript:alert(1)//docs/', null],
  ['data:text/html,docs', null],
  ['http://[', null],
]

describe('the page behind the login', () => {
  for (const [next, page] of table)
    it(`is ${page ?? 'none'} for ${JSON.stringify(next)}`, () => {
      const search = next === null ? '?q=next' : `?${new URLSearchParams({ next })}`
      assert.equal(pageBehindLogin({ search, origin }), page)
    })
})
