// Confs that are nearly right: whole ones taken apart into words and put together wrongly.
import { DIRECTIVE_NAMES } from '../contract/conf/directives.ts'
import { damaged, mutatePieces } from './mutate.ts'
import type { Random } from './random.ts'

const WHOLE = [
  `worker_processes 1; error_log syslog:server=unix:/run/a.sock,tag=socketserver notice; pid run/server.pid;
events { worker_connections 1000; }
edge {
  engine uws; code_cache stat; redis main 127.0.0.1:6379 timeout=5s; mysql main unix:/run/m.sock game user=a password=b;
  map $uri $new { hostnames; default /a; ~*^/old/(?<rest>.+)$ /new/$rest; "/x y" "z"; }
  log_format short '$remote_addr "$request" $status'; access_log logs/a.log short;
  limit_req_zone $binary_remote_addr zone=one:1m rate=10r/s; limit_conn_zone $remote_addr zone=two:1m;
  server {
    listen 127.0.0.1:8080 default_server; listen unix:/run/s.sock; listen [::1]:8443 ssl; server_name a.test *.b.test ~^c\\d+$;
    ssl_certificate c.pem; ssl_certificate_key k.pem; ssl_protocols TLSv1.2 TLSv1.3;
    set $who "me and $host"; rewrite ^/(.*)/x$ /y?$1 last; error_page 404 = /missing.html; error_page 500 502 @down;
    location = / { return 301 https://$host$request_uri; }
    location ^~ /static/ { root public; expires 30d; add_header X-A "b" always; gzip on; gzip_types text/css; }
    location ~* \\.(png|jpe?g)$ { root img; try_files $uri $uri/ =404; }
    location @down { return 503 "down"; }
    location /game { script src/main.ts; client_max_body_size 2m; websocket_idle_timeout 60s; limit_req zone=one burst=5 nodelay; }
  }
}`,
  'edge{server{listen 80;location /{return 200 "a\\"b\\n";}}} # the end',
  "edge { server { listen 1; location / { return 200 'it is'; } include more/*.conf; } }",
]

const WORDS = [
  ...DIRECTIVE_NAMES,
  ...['{', '}', ';', '"', "'", '\\', '#', '$', '${', '$uri', '$1', '~', '~*', '^~', '=', '@a', '*', '\n', '\r\n', '\0'],
  ...[
    '-1',
    '0',
    '1',
    '65536',
    '4294967296',
    '9007199254740993',
    '1e9',
    '1k',
    '1m',
    '999999g',
    '0s',
    '1ms',
    '99999999d',
    '1r/s',
    '0r/m',
  ],
  ...[
    'on',
    'off',
    'stat',
    'default',
    'always',
    'unix:',
    'unix:/a',
    '[::1]',
    '[::',
    '0.0.0.0/33',
    '10.0.0.0/8',
    ':80',
    'a:b:c',
  ],
  ...['(', '(a+)+$', '(?<a>', '[', '(?<n>x)', '.*', '\ufffd', '\u2028', 'é', '__proto__', 'constructor', 'toString'],
]

/** Words, marks, and the space between them. */
const PIECES = /[{};]|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|\s+|[^\s{};]+/g

export function confInput(random: Random): string {
  const pieces = random.pick(WHOLE).match(PIECES) as string[]
  if (random.oneIn(3)) return mutatePieces(pieces, WORDS, random).join(random.oneIn(4) ? ' ' : '')
  // Blocks stay whole, so that their readers are reached: only names and arguments are others.
  const all = WHOLE.join(' ').match(PIECES) as string[]
  for (let changes = 1 + random.length(3); changes > 0; changes--) {
    const at = random.below(pieces.length)
    if (/^[\s{};]/.test(pieces[at]!)) continue
    const other = random.oneIn(3) ? random.pick(WORDS) : random.pick(all)
    pieces[at] = random.oneIn(4) ? damaged(pieces[at]!, random) : random.oneIn(4) ? `${pieces[at]} ${other}` : other
  }
  return pieces.join('')
}
