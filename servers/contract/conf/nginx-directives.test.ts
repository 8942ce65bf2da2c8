import assert from 'node:assert/strict'
import { DIRECTIVE_NAMES } from './directives.ts'
import { lackingDirective } from './nginx-directives.ts'

describe('lackingDirective', () => {
  it('knows nothing that there is', () => {
    assert.deepEqual(
      DIRECTIVE_NAMES.filter((name) => lackingDirective(name) !== undefined),
      [],
    )
  })

  for (const [name, instead] of [
    ['proxy_pass', /ctx\.fetch/],
    ['proxy_cache_lock_timeout', /ctx\.fetch/],
    ['grpc_ssl_verify', /ctx\.fetch/],
    ['content_by_lua_block', /fetch hook/],
    ['exit_worker_by_lua_file', /stop hook/],
    ['lua_shared_dict', /dict NAME SIZE/],
    ['if', /map/],
    ['merge_slashes', /slashes/],
    ['open_file_cache', undefined],
    ['lua_regex_match_limit', undefined],
  ] as const) {
    it(`says of ${name} ${instead === undefined ? 'that it is nginx' : 'what to write instead'}`, () => {
      const found = lackingDirective(name)
      assert.ok(found !== undefined)
      if (instead === undefined) assert.equal(found.instead, undefined)
      else assert.match(found.instead ?? '', instead)
    })
  }

  it('takes nothing for a directive of nginx that is none', () => {
    for (const name of ['', 'proxy', 'constructor', 'by_lua', 'worker_proceses']) {
      assert.equal(lackingDirective(name), undefined, name)
    }
  })
})
