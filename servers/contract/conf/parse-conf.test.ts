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
  it('reads every directive, in nginx syntax', () => {
    const text = `
      # a comment; with { signs }
      worker_processes auto;
      error_log "syslog:server=unix:/my yard/dev1.sock,tag=socketserver" notice;
      error_log logs/error.log;
      error_log stderr crit;
      pid run/edge.pid; worker_shutdown_timeout 1m30s;
      events { worker_connections 100; }
      edge {
        engine node; code_cache stat;
        redis main 127.0.0.1:6381 user=u 'password=a;b "c" #d' timeout=500ms;
        redis other unix:/run/redis.sock;
        mysql main [::1]:3306 hhl password= pool=3;
        client_max_body_size 2m;
        server {
          listen 127.0.0.1:1081; server_name Localhost a.example; server_name b.example;
          set $where server; set $who edge;
          websocket_max_payload 1k; websocket_max_backpressure 2K; websocket_idle_timeout 0;
          location /hhl { script src/main.ts; set $where "the\\tlocation"; client_max_body_size 1g; }
          location = /health { return 200 "ok\\n"; }
          location =/old { return 301 https://example.com/new; }
          location /play/ { root public; websocket_idle_timeout 2m; }
        }
        server { listen [::]:1081; location / { return 204; } }
        server { listen *:1082; location / { return 404; } }
        server { listen 1083; }
      }`
    const defaults = {
      clientMaxBodySizeBytes: 2 * 2 ** 20,
      maxPayloadBytes: 1024,
      maxBackpressureBytes: 2048,
      idleTimeoutS: 0,
    }
    const env = { where: 'server', who: 'edge' }
    const conf = parseConf(text, { file })
    const { servers, ...rest } = conf
    assert.deepEqual(rest, {
      file,
      workerProcesses: 1,
      errorLogs: [
        { kind: 'syslog', path: '/my yard/dev1.sock', tag: 'socketserver', severity: 'notice' },
        { kind: 'file', path: 'logs/error.log', severity: 'error' },
        { kind: 'stderr', severity: 'crit' },
      ],
      pid: 'run/edge.pid',
      workerConnections: 100,
      workerShutdownTimeoutMs: 90_000,
      engine: 'node',
      codeCache: 'stat',
      redis: [
        {
          name: 'main',
          address: { host: '127.0.0.1', port: 6381 },
          user: 'u',
          password: 'a;b "c" #d',
          timeoutMs: 500,
        },
        { name: 'other', address: { path: '/run/redis.sock' }, timeoutMs: 5000 },
      ],
      mysql: [{ name: 'main', address: { host: '::1', port: 3306 }, database: 'hhl', pool: 3, timeoutMs: 5000 }],
    })
    assert.deepEqual(servers[0], {
      listen: { host: '127.0.0.1', port: 1081 },
      serverNames: ['localhost', 'a.example', 'b.example'],
      locations: [
        {
          match: 'prefix',
          path: '/hhl',
          handler: { kind: 'script', file: 'src/main.ts' },
          ...defaults,
          env: { where: 'the\tlocation', who: 'edge' },
          clientMaxBodySizeBytes: 2 ** 30,
        },
        { match: 'exact', path: '/health', handler: { kind: 'return', status: 200, text: 'ok\n' }, ...defaults, env },
        {
          match: 'exact',
          path: '/old',
          handler: { kind: 'return', status: 301, text: 'https://example.com/new' },
          ...defaults,
          env,
        },
        {
          match: 'prefix',
          path: '/play/',
          handler: { kind: 'root', dir: 'public' },
          ...defaults,
          env,
          idleTimeoutS: 120,
        },
      ],
    })
    assert.deepEqual(
      servers.slice(1).map(({ listen }) => listen),
      [
        { host: '::', port: 1081 },
        { host: '0.0.0.0', port: 1082 },
        { host: '0.0.0.0', port: 1083 },
      ],
    )
  })

  it('has a default for everything but the server', () => {
    assert.deepEqual(parseConf('edge{server{listen 0;location /{return 200;}}}', { file }), {
      file,
      workerProcesses: 1,
      errorLogs: [{ kind: 'stderr', severity: 'error' }],
      pid: 'run/server.pid',
      workerConnections: 1024,
      workerShutdownTimeoutMs: 10_000,
      engine: 'uws',
      codeCache: 'on',
      redis: [],
      mysql: [],
      servers: [
        {
          listen: { host: '0.0.0.0', port: 0 },
          serverNames: [],
          locations: [
            {
              match: 'prefix',
              path: '/',
              handler: { kind: 'return', status: 200, text: '' },
              env: {},
              clientMaxBodySizeBytes: 2 ** 20,
              maxPayloadBytes: 64 * 2 ** 10,
              maxBackpressureBytes: 2 ** 20,
              idleTimeoutS: 120,
            },
          ],
        },
      ],
    })
  })

  it('inherits root from around a location, as nginx does, but not into one that does something else', () => {
    const { locations } = parseConf(
      'edge { root a; server { listen 1; location / { } location /b { root b; } location /c { return 200; } } }',
      { file },
    ).servers[0]!
    const handlers = locations.map(({ handler }) => (handler.kind === 'root' ? handler.dir : handler.kind))
    assert.deepEqual(handlers, ['a', 'b', 'return'])
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
