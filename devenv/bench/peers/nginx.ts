// nginx with the lua module, or OpenResty, where it is installed: one process, its libraries those that are there.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { type AddressInfo, connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { HELLO, KEY, NGINX, type Peer, QUERY, ROW_ID, type StorePlaces } from './peer.ts'

const PROGRAMS = ['/usr/local/openresty/nginx/sbin/nginx', '/usr/sbin/nginx', '/usr/local/sbin/nginx']
const MODULES = ['/usr/lib/nginx/modules', '/usr/share/nginx/modules', '/usr/lib64/nginx/modules']
const LISTEN_DEADLINE_MS = 5000

/** Undefined when there is no nginx, or none that has Lua. */
export async function startNginx(stores: StorePlaces = {}): Promise<Peer | undefined> {
  const program = PROGRAMS.find((file) => existsSync(file))
  if (program === undefined) return undefined
  const modules = findModules(program)
  if (modules === undefined) return undefined
  const folder = await mkdtemp(join(tmpdir(), 'edge-nginx-'))
  await mkdir(join(folder, 'logs'))
  const port = await freePort()
  await writeFile(join(folder, 'nginx.conf'), renderConf(modules, port, stores))
  const child = spawn(program, ['-p', folder, '-c', 'nginx.conf'], { stdio: 'ignore' })
  const ended = once(child, 'exit')
  await listening(port)
  return {
    title: NGINX,
    pid: child.pid!,
    port,
    async stop() {
      child.kill('SIGKILL')
      await ended
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** The lines that load Lua: none where it is built in. Undefined when there is none. */
function findModules(program: string): string | undefined {
  const { stderr } = spawnSync(program, ['-V'], { encoding: 'utf8' })
  if (/lua-nginx-module|ngx_lua/.test(stderr)) return ''
  const folder = MODULES.find((one) => existsSync(join(one, 'ngx_http_lua_module.so')))
  if (folder === undefined) return undefined
  return ['ndk_http_module.so', 'ngx_http_lua_module.so']
    .filter((file) => existsSync(join(folder, file)))
    .map((file) => `load_module ${join(folder, file)};`)
    .join('\n')
}

function renderConf(modules: string, port: number, { redis, mysql }: StorePlaces): string {
  return `${modules}
daemon off; master_process off; worker_processes 1; worker_rlimit_nofile 20000;
pid logs/nginx.pid; error_log logs/error.log warn;
events { worker_connections 16384; }
http {
  access_log off; default_type text/plain; keepalive_requests 100000000; keepalive_timeout 3600s; lua_socket_log_errors off;
  ${['body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name === 'body' ? 'client_body' : name}_temp_path logs/${name};`).join(' ')}
  init_by_lua_block {
    function first_of(...)
      for _, name in ipairs({...}) do
        local found, library = pcall(require, name)
        if found then return library end
      end
    end
    websocket = first_of('resty.websocket.server', 'nginx.websocket.server')
    redis = first_of('resty.redis', 'nginx.redis')
    mysql = first_of('resty.mysql', 'nginx.mysql')
  }
  server {
    listen 127.0.0.1:${port} backlog=4096;
    location = /hello { content_by_lua_block { ngx.header['content-type'] = 'text/plain; charset=utf-8' ngx.print('${HELLO}') } }
    location = /echo { content_by_lua_block {
      local ws = websocket:new{ timeout = 3600000, max_payload_len = 65535 }
      while true do
        local data, kind = ws:recv_frame()
        if not data or kind == 'close' then return end
        if kind == 'text' then ws:send_text(data) elseif kind == 'binary' then ws:send_binary(data) end
      end
    } }
    ${
      redis === undefined
        ? ''
        : `location = /redis { content_by_lua_block {
      if not redis then return ngx.exit(501) end
      local client = redis:new()
      client:set_timeout(5000)
      assert(client:connect('127.0.0.1', ${redis.port}))
      if client:get_reused_times() == 0 then assert(client:auth('${redis.password}')) end
      local value = assert(client:get('${KEY}'))
      client:set_keepalive(60000, 128)
      ngx.print(value)
    } }`
    }
    ${
      mysql === undefined
        ? ''
        : `location = /mysql { content_by_lua_block {
      if not mysql then return ngx.exit(501) end
      local client = assert(mysql:new())
      client:set_timeout(5000)
      assert(client:connect{ path = '${mysql.socket}', user = '${mysql.user}', password = '', database = 'test' })
      local rows = assert(client:query('${QUERY.replace('?', String(ROW_ID))}'))
      client:set_keepalive(60000, 128)
      ngx.print(rows[1].name)
    } }`
    }
  }
}
`
}

async function listening(port: number): Promise<void> {
  const until = performance.now() + LISTEN_DEADLINE_MS
  for (;;) {
    const socket = connect(port, '127.0.0.1')
    const connected = await new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    })
    socket.destroy()
    if (connected) return
    if (performance.now() > until) throw new Error('nginx does not listen')
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
