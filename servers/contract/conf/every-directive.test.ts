import assert from 'node:assert/strict'
import { availableParallelism } from 'node:os'
import { parseConf } from './parse-conf.ts'

const file = 'server.conf'

const TEXT = `
  # a comment; with { signs }
  worker_processes auto;
  error_log "syslog:server=unix:/my yard/dev1.sock,tag=socketserver" notice;
  error_log logs/error.log;
  error_log stderr crit;
  pid run/edge.pid; worker_shutdown_timeout 1m30s;
  events { worker_connections 100; }
  edge {
    engine node; code_cache stat; cpu_limit 300ms 1s; memory_limit 64m 1g; idle_stop 10m;
    redis main 127.0.0.1:6381 user=u 'password=a;b "c" #d' timeout=500ms;
    redis other unix:/run/redis.sock;
    mysql main [::1]:3306 hhl password= pool=3;
    dict scores 1m;
    map $host $site { hostnames; volatile; default other; "" none; Example.com "a$uri"; ~^x 1; ~*^(?<rest>y) 2; \\volatile 3; }
    limit_req_zone $binary_remote_addr zone=req:1m rate=30r/m;
    limit_conn_zone "$host$uri" zone=conn:64k;
    log_format short escape=json '{"at":"$time_iso8601",' '"uri":"$uri"}';
    client_max_body_size 2m; gzip_comp_level 6; add_header X-Edge yes; expires 1h;
    server {
      listen 127.0.0.1:1081; listen [::1]:443 ssl default_server; listen unix:/run/a.sock;
      server_name Localhost *.A.example .b.example; server_name www.c.* ~^(?<sub>d+)\\. "";
      ssl_certificate a.pem; ssl_certificate_key a.key; ssl_protocols TLSv1.3; ssl_ciphers HIGH:!aNULL;
      set $where server; set $who edge;
      rewrite ^/old/(.*)$ /new/$1?from=old? permanent;
      set_real_ip_from 10.0.0.0/8; set_real_ip_from unix:; real_ip_header X-Forwarded-For; real_ip_recursive on;
      client_header_timeout 5; client_body_timeout 6s; send_timeout 7s; keepalive_timeout 0; keepalive_requests 10;
      websocket_max_payload 1k; websocket_max_backpressure 2K; websocket_idle_timeout 0;
      location /hhl {
        script src/main.ts; script_timeout 5s; set $where "the\\tlocation"; set $path $uri; client_max_body_size 1g;
        allow 10.0.0.0/8; allow ::1; deny all;
        limit_req zone=req burst=5 nodelay; limit_req_status 429; limit_conn conn 10; limit_conn_status 429;
        websocket_compression on; websocket_origin https://Example.com http://[::1]:80; websocket_message_rate 30r/s burst=60;
        error_page 404 =200 /empty; error_page 500 502 = @failed; error_page 403 https://example.com/$uri;
        add_header X-A $host always; add_header X-B b; expires -1;
        gzip on; gzip_types text/css application/json; gzip_min_length 1000; gzip_vary on; gzip_proxied any;
        access_log logs/a.log short if=$arg_log; access_log stderr; access_log syslog:server=unix:/a,tag=b,severity=notice;
        absolute_redirect off;
      }
      location = /health { return 200 "ok\\n"; access_log off; expires @15h30m; }
      location =/old { return 301 https://$host/new; }
      location ^~ /play/ {
        root public; try_files $uri $uri/ /index.html?$args; index index.htm a.html; etag off; if_modified_since before; max_ranges 1;
        types { text/x-a a aa; text/x-b B; } default_type application/x-c; websocket_idle_timeout 2m; expires modified +24h;
      }
      location ~* \\.(png|gif)$ { root pictures; internal; expires max; limit_req zone=req burst=5 delay=2; }
      location /files/ { alias files; try_files $uri =404; expires $site; }
      location @failed { return 444; break; }
      location /go { return https://$host/; }
    }
    server { location / { return 204; } }
  }`

describe('every directive', () => {
  const conf = parseConf(TEXT, { file })
  const { servers, maps, ...rest } = conf
  const [first, second] = servers
  const at = (path: string) => first!.locations.find((location) => location.path === path)!

  it('of the process and of edge is read', () => {
    assert.deepEqual(rest, {
      file,
      workerProcesses: availableParallelism(),
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
      cpuLimit: { softMs: 300, hardMs: 1000 },
      memoryLimit: { softBytes: 64 * 2 ** 20, hardBytes: 2 ** 30 },
      idleStopMs: 600_000,
      redis: [
        {
          name: 'main',
          address: { host: '127.0.0.1', port: 6381 },
          user: 'u',
          password: 'a;b "c" #d',
          timeoutMs: 500,
          slowMs: 100,
        },
        { name: 'other', address: { path: '/run/redis.sock' }, timeoutMs: 5000, slowMs: 100 },
      ],
      mysql: [
        {
          name: 'main',
          address: { host: '::1', port: 3306 },
          database: 'hhl',
          pool: 3,
          backlog: 1000,
          keepaliveMs: 60_000,
          timeoutMs: 5000,
          slowMs: 100,
        },
      ],
      dicts: [{ name: 'scores', bytesMax: 2 ** 20 }],
      limitReqZones: [{ name: 'req', key: [{ variable: 'binary_remote_addr' }], bytesMax: 2 ** 20, perSecond: 0.5 }],
      limitConnZones: [{ name: 'conn', key: [{ variable: 'host' }, { variable: 'uri' }], bytesMax: 64 * 1024 }],
    })
  })

  it('of a map is read', () => {
    assert.deepEqual(maps, [
      {
        source: [{ variable: 'host' }],
        name: 'site',
        exact: { '': ['none'], 'example.com': ['a', { variable: 'uri' }], volatile: ['3'] },
        patterns: [
          { pattern: { source: '^x', caseless: false }, value: ['1'] },
          { pattern: { source: '^(?<rest>y)', caseless: true }, value: ['2'] },
        ],
        fallback: ['other'],
        hostnames: true,
        volatile: true,
      },
    ])
  })

  it('of a server is read', () => {
    const { locations: _, base: __, ...server } = first!
    assert.deepEqual(server, {
      listens: [
        { address: { host: '127.0.0.1', port: 1081 }, ssl: false, defaultServer: false },
        { address: { host: '::1', port: 443 }, ssl: true, defaultServer: true },
        { address: { path: '/run/a.sock' }, ssl: false, defaultServer: false },
      ],
      serverNames: [
        { kind: 'exact', name: 'localhost' },
        { kind: 'suffix', name: '.a.example', bare: false },
        { kind: 'suffix', name: '.b.example', bare: true },
        { kind: 'prefix', name: 'www.c' },
        { kind: 'pattern', pattern: { source: '^(?<sub>d+)\\.', caseless: true } },
        { kind: 'exact', name: '' },
      ],
      tls: { certificate: 'a.pem', key: 'a.key', protocols: ['TLSv1.3'], ciphers: 'HIGH:!aNULL' },
      rewrites: [
        { kind: 'set', name: 'where', value: ['server'] },
        { kind: 'set', name: 'who', value: ['edge'] },
        {
          kind: 'rewrite',
          pattern: { source: '^/old/(.*)$', caseless: false },
          replacement: ['/new/', { variable: '1' }, '?from=old?'],
          flag: 'permanent',
        },
      ],
      realIp: { from: ['10.0.0.0/8', 'unix:'], header: 'x-forwarded-for', recursive: true },
      timeouts: { clientHeaderMs: 5000, clientBodyMs: 6000, sendMs: 7000, keepaliveMs: 0, keepaliveRequests: 10 },
    })
  })

  it('of a location is read', () => {
    assert.deepEqual(at('/hhl'), {
      match: 'prefix',
      path: '/hhl',
      caseless: false,
      internal: false,
      handler: { kind: 'script', file: 'src/main.ts' },
      rewrites: [
        { kind: 'set', name: 'where', value: ['the\tlocation'] },
        { kind: 'set', name: 'path', value: [{ variable: 'uri' }] },
      ],
      env: { where: 'the\tlocation', who: 'edge' },
      files: {
        folder: undefined,
        index: ['index.html'],
        etag: true,
        ifModifiedSince: 'exact',
        maxRanges: undefined,
        types: undefined,
        defaultType: 'text/plain',
      },
      clientMaxBodySizeBytes: 2 ** 30,
      scriptTimeoutMs: 5000,
      allow: [
        { allow: true, source: '10.0.0.0/8' },
        { allow: true, source: '::1' },
        { allow: false, source: 'all' },
      ],
      limitReq: [{ zone: 'req', burst: 5, delay: 5 }],
      limitReqStatus: 429,
      limitConn: [{ zone: 'conn', connections: 10 }],
      limitConnStatus: 429,
      errorPages: [
        { statuses: [404], response: 200, target: ['/empty'] },
        { statuses: [500, 502], response: 'page', target: ['@failed'] },
        { statuses: [403], response: 'same', target: ['https://example.com/', { variable: 'uri' }] },
      ],
      absoluteRedirect: false,
      addHeaders: [
        { name: 'X-A', value: [{ variable: 'host' }], always: true },
        { name: 'X-B', value: ['b'], always: false },
      ],
      expires: { kind: 'time', seconds: -1, modified: false },
      gzip: {
        types: ['text/html', 'text/css', 'application/json'],
        minLength: 1000,
        level: 6,
        vary: true,
        proxied: true,
      },
      accessLogs: [
        {
          to: { kind: 'file', path: 'logs/a.log' },
          format: ['{"at":"', { variable: 'time_iso8601' }, '","uri":"', { variable: 'uri' }, '"}'],
          escape: 'json',
          condition: [{ variable: 'arg_log' }],
        },
        { to: { kind: 'stderr' }, format: COMBINED, escape: 'default', condition: undefined },
        {
          to: { kind: 'syslog', path: '/a', tag: 'b', severity: 'notice' },
          format: COMBINED,
          escape: 'default',
          condition: undefined,
        },
      ],
      maxPayloadBytes: 1024,
      maxBackpressureBytes: 2048,
      idleTimeoutS: 0,
      websocketCompression: true,
      websocketOrigins: ['https://example.com', 'http://[::1]:80'],
      websocketMessageRate: { perSecond: 30, burst: 60 },
    })
  })

  it('of files is read', () => {
    const play = at('/play/')
    assert.deepEqual(
      [play.match, play.handler, play.files, play.tryFiles, play.expires, play.idleTimeoutS],
      [
        'final-prefix',
        { kind: 'files' },
        {
          folder: { kind: 'root', dir: 'public' },
          index: ['index.htm', 'a.html'],
          etag: false,
          ifModifiedSince: 'before',
          maxRanges: 1,
          types: { a: 'text/x-a', aa: 'text/x-a', b: 'text/x-b' },
          defaultType: 'application/x-c',
        },
        {
          candidates: [[{ variable: 'uri' }], [{ variable: 'uri' }, '/']],
          otherwise: { kind: 'uri', uri: ['/index.html?', { variable: 'args' }] },
        },
        { kind: 'time', seconds: 86_400, modified: true },
        120,
      ],
    )
    const alias = at('/files/')
    assert.deepEqual(alias.files.folder, { kind: 'alias', dir: 'files' })
    assert.deepEqual(alias.tryFiles?.otherwise, { kind: 'status', status: 404 })
    assert.deepEqual(alias.expires, { kind: 'text', value: [{ variable: 'site' }] })
  })

  it('of the other kinds of location is read', () => {
    const pattern = at('\\.(png|gif)$')
    assert.deepEqual(
      [pattern.match, pattern.caseless, pattern.internal, pattern.expires, pattern.limitReq],
      ['pattern', true, true, { kind: 'max' }, [{ zone: 'req', burst: 5, delay: 2 }]],
    )
    const named = at('@failed')
    assert.deepEqual(
      [named.match, named.internal, named.rewrites],
      ['named', true, [{ kind: 'return', status: 444, text: [] }, { kind: 'break' }]],
    )
    const health = at('/health')
    assert.deepEqual(
      [health.match, health.handler, health.expires, health.accessLogs, health.addHeaders],
      [
        'exact',
        { kind: 'none' },
        { kind: 'daily', secondOfDay: 55_800 },
        [],
        [{ name: 'X-Edge', value: ['yes'], always: false }],
      ],
    )
    assert.deepEqual(at('/go').rewrites, [
      { kind: 'return', status: 302, text: ['https://', { variable: 'host' }, '/'] },
    ])
  })

  it('has a default, nginx’s where nginx has the directive', () => {
    const { base, ...server } = second!
    assert.deepEqual(server, {
      listens: [{ address: { host: '0.0.0.0', port: 80 }, ssl: false, defaultServer: false }],
      serverNames: [],
      rewrites: [],
      realIp: { from: [], header: 'x-real-ip', recursive: false },
      timeouts: {
        clientHeaderMs: 60_000,
        clientBodyMs: 60_000,
        sendMs: 60_000,
        keepaliveMs: 75_000,
        keepaliveRequests: 1000,
      },
      locations: server.locations,
    })
    const bare = parseConf('edge{server{location /{return 200;}}}', { file })
    const { handler: _, rewrites: __, ...location } = bare.servers[0]!.locations[0]!
    assert.deepEqual(location, {
      match: 'prefix',
      path: '/',
      caseless: false,
      internal: false,
      env: {},
      files: base.files,
      clientMaxBodySizeBytes: 2 ** 20,
      scriptTimeoutMs: 60_000,
      allow: [],
      limitReq: [],
      limitReqStatus: 503,
      limitConn: [],
      limitConnStatus: 503,
      errorPages: [],
      absoluteRedirect: true,
      addHeaders: [],
      expires: { kind: 'off' },
      gzip: undefined,
      accessLogs: [],
      maxPayloadBytes: 64 * 1024,
      maxBackpressureBytes: 2 ** 20,
      idleTimeoutS: 120,
      websocketCompression: false,
      websocketOrigins: 'any',
      websocketMessageRate: undefined,
    })
    const { servers: ___, ...process } = bare
    assert.deepEqual(process, {
      file,
      workerProcesses: 1,
      errorLogs: [{ kind: 'stderr', severity: 'error' }],
      pid: 'run/server.pid',
      workerConnections: 1024,
      workerShutdownTimeoutMs: 10_000,
      engine: 'uws',
      codeCache: 'on',
      cpuLimit: { softMs: 200, hardMs: 5000 },
      memoryLimit: { softBytes: 0, hardBytes: 0 },
      idleStopMs: 0,
      redis: [],
      mysql: [],
      dicts: [],
      maps: [],
      limitReqZones: [],
      limitConnZones: [],
    })
  })
})

const v = (variable: string) => ({ variable })
const COMBINED = [
  v('remote_addr'),
  ' - ',
  v('remote_user'),
  ' [',
  v('time_local'),
  '] "',
  v('request'),
  '" ',
  v('status'),
  ' ',
  v('body_bytes_sent'),
  ' "',
  v('http_referer'),
  '" "',
  v('http_user_agent'),
  '"',
]
