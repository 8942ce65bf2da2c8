// The examples of the specification's section 7, and what lies between its lines.
import assert from 'node:assert/strict'
import { answer, BATCH_LENGTH_MAX, badParams, type Methods, RpcError } from './starter/src/json-rpc.ts'

const METHODS: Methods<null> = {
  subtract: {
    about: '',
    params: { minuend: 'number', subtrahend: 'number' },
    run: async ({ minuend, subtrahend }) => {
      if (typeof minuend !== 'number' || typeof subtrahend !== 'number') throw badParams('two numbers')
      return minuend - subtrahend
    },
  },
  nothing: { about: '', params: {}, run: async () => undefined },
  broken: {
    about: '',
    params: {},
    run: async () => {
      throw new TypeError('a secret')
    },
  },
  refuse: {
    about: '',
    params: {},
    run: async () => {
      throw new RpcError(-32001, 'Not found', { key: 'k' })
    },
  },
}

const error = (code: number, message: string, id: unknown, data?: unknown) => ({
  jsonrpc: '2.0',
  error: { code, message, ...(data === undefined ? {} : { data }) },
  id,
})
const result = (value: unknown, id: unknown) => ({ jsonrpc: '2.0', result: value, id })

const CASES: [title: string, request: string, answer: unknown][] = [
  ['parameters by position', '{"jsonrpc":"2.0","method":"subtract","params":[42,23],"id":1}', result(19, 1)],
  [
    'parameters by name',
    '{"jsonrpc":"2.0","method":"subtract","params":{"subtrahend":23,"minuend":42},"id":3}',
    result(19, 3),
  ],
  ['a text as id', '{"jsonrpc":"2.0","method":"nothing","id":"a"}', result(null, 'a')],
  ['null as id', '{"jsonrpc":"2.0","method":"nothing","id":null}', result(null, null)],
  ['a notification', '{"jsonrpc":"2.0","method":"subtract","params":[1,2]}', undefined],
  ['a notification of an unknown method', '{"jsonrpc":"2.0","method":"foobar"}', undefined],
  ['a notification with wrong parameters', '{"jsonrpc":"2.0","method":"subtract","params":["a"]}', undefined],
  [
    'an unknown method',
    '{"jsonrpc":"2.0","method":"foobar","id":"1"}',
    error(-32601, 'Method not found', '1', 'foobar'),
  ],
  [
    'a method of every object',
    '{"jsonrpc":"2.0","method":"toString","id":1}',
    error(-32601, 'Method not found', 1, 'toString'),
  ],
  ['invalid JSON', '{"jsonrpc":"2.0","method":"foobar,"params":"bar","baz]', error(-32700, 'Parse error', null)],
  ['an empty text', '', error(-32700, 'Parse error', null)],
  [
    'a method that is no text',
    '{"jsonrpc":"2.0","method":1,"params":[]}',
    error(-32600, 'Invalid Request', null, '"method" must be a string'),
  ],
  [
    'params that are no structure',
    '{"jsonrpc":"2.0","method":"nothing","params":"bar","id":1}',
    error(-32600, 'Invalid Request', 1, '"params" must be an object or an array'),
  ],
  [
    'version 1.0',
    '{"method":"nothing","params":[],"id":1}',
    error(-32600, 'Invalid Request', 1, '"jsonrpc" must be "2.0"'),
  ],
  [
    'an id that is an object',
    '{"jsonrpc":"2.0","method":"nothing","id":{}}',
    error(-32600, 'Invalid Request', null, '"id" must be a string, a number or null'),
  ],
  ['JSON that is no request', '7', error(-32600, 'Invalid Request', null, 'it must be an object')],
  [
    'invalid JSON in a batch',
    '[{"jsonrpc":"2.0","method":"subtract","params":[1,2],"id":"1"},{"jsonrpc":"2.0","method"]',
    error(-32700, 'Parse error', null),
  ],
  ['an empty batch', '[]', error(-32600, 'Invalid Request', null, 'a batch must not be empty')],
  ['a batch with nothing right in it', '[1]', [error(-32600, 'Invalid Request', null, 'it must be an object')]],
  [
    'a batch of everything, in its order',
    `[{"jsonrpc":"2.0","method":"subtract","params":[42,23],"id":"2"},
      {"jsonrpc":"2.0","method":"nothing"}, {"foo":"boo"}, [],
      {"jsonrpc":"2.0","method":"foo.get","id":"5"}]`,
    [
      result(19, '2'),
      error(-32600, 'Invalid Request', null, '"jsonrpc" must be "2.0"'),
      error(-32600, 'Invalid Request', null, 'it must be an object'),
      error(-32601, 'Method not found', '5', 'foo.get'),
    ],
  ],
  ['a batch of notifications', '[{"jsonrpc":"2.0","method":"nothing"},{"jsonrpc":"2.0","method":"broken"}]', undefined],
  [
    'a batch that is too long',
    JSON.stringify(Array(BATCH_LENGTH_MAX + 1).fill(1)),
    error(-32600, 'Invalid Request', null, `a batch has at most ${BATCH_LENGTH_MAX} requests`),
  ],
  [
    'too many parameters',
    '{"jsonrpc":"2.0","method":"nothing","params":[1],"id":1}',
    error(-32602, 'Invalid params', 1, 'at most 0 parameters: '),
  ],
  [
    'a parameter nobody knows',
    '{"jsonrpc":"2.0","method":"subtract","params":{"a":1},"id":1}',
    error(-32602, 'Invalid params', 1, 'unknown parameter "a", expected minuend, subtrahend'),
  ],
  [
    'a missing parameter',
    '{"jsonrpc":"2.0","method":"subtract","params":[1],"id":1}',
    error(-32602, 'Invalid params', 1, 'two numbers'),
  ],
  ['an error of our own', '{"jsonrpc":"2.0","method":"refuse","id":1}', error(-32001, 'Not found', 1, { key: 'k' })],
  ['a fault, which stays secret', '{"jsonrpc":"2.0","method":"broken","id":1}', error(-32603, 'Internal error', 1)],
]

describe('JSON-RPC 2.0', () => {
  for (const [title, request, expected] of CASES) {
    it(`answers ${title}`, async () => {
      const text = await answer(request, { methods: METHODS, context: null, fault: () => {} })
      assert.deepEqual(text === undefined ? undefined : JSON.parse(text), expected)
    })
  }

  it('tells a fault with its method, also that of a notification', async () => {
    const faults: unknown[] = []
    await answer('{"jsonrpc":"2.0","method":"broken"}', {
      methods: METHODS,
      context: null,
      fault: (thrown, method) => faults.push([String(thrown), method]),
    })
    assert.deepEqual(faults, [['TypeError: a secret', 'broken']])
  })
})
