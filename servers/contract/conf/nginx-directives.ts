// Directives of nginx and OpenResty that people will try, and what edgeyard has in their place.

const INSTEAD: Readonly<Record<string, string>> = {
  http: 'write edge { ... }',
  stream: 'write edge { ... }',
  lua_code_cache: 'write code_cache on|off|stat;',
  content_by_lua: 'write script src/main.ts; and export a fetch hook',
  content_by_lua_block: 'write script src/main.ts; and export a fetch hook',
  content_by_lua_file: 'write script src/main.ts; and export a fetch hook',
  access_by_lua_block: 'export an access hook from the script',
  access_by_lua_file: 'export an access hook from the script',
  rewrite_by_lua_block: 'export an access hook from the script',
  rewrite_by_lua_file: 'export an access hook from the script',
  header_filter_by_lua_block: 'export a headers hook from the script',
  header_filter_by_lua_file: 'export a headers hook from the script',
  log_by_lua_block: 'export a log hook from the script',
  log_by_lua_file: 'export a log hook from the script',
  init_by_lua_block: 'export a start hook from the script',
  init_by_lua_file: 'export a start hook from the script',
  init_worker_by_lua_block: 'export a start hook from the script',
  init_worker_by_lua_file: 'export a start hook from the script',
  exit_worker_by_lua_block: 'export a stop hook from the script',
  exit_worker_by_lua_file: 'export a stop hook from the script',
  lua_shared_dict: 'keep shared data in ctx.redis',
  set_by_lua_block: 'compute it in the script',
  set_by_lua_file: 'compute it in the script',
  access_log: 'write records with ctx.log in a log hook',
  log_format: 'write records with ctx.log in a log hook',
  add_header: 'set headers in the script',
  more_set_headers: 'set headers in the script',
  alias: 'write root DIR;',
  proxy_pass: 'call other services with ctx.fetch',
  rewrite: 'answer with ctx.redirect in the script',
  if: 'decide in the script',
  allow: 'decide in an access hook of the script',
  deny: 'decide in an access hook of the script',
  auth_basic: 'decide in an access hook of the script',
  limit_req: 'decide in an access hook of the script',
  limit_conn: 'decide in an access hook of the script',
}

const LACKING = new Set([
  ...Object.keys(INSTEAD),
  ...`accept_mutex aio auth_basic_user_file auth_request autoindex body_filter_by_lua_block body_filter_by_lua_file
  break charset client_body_buffer_size client_body_temp_path client_body_timeout client_header_buffer_size
  client_header_timeout daemon debug_connection default_type directio env error_page etag expires fastcgi_pass
  fastcgi_param gzip gzip_comp_level gzip_min_length gzip_types http2 if_modified_since include index internal keepalive
  keepalive_requests keepalive_time keepalive_timeout large_client_header_buffers limit_except limit_rate
  limit_conn_zone limit_req_zone lingering_close lingering_timeout load_module lua_package_path lua_package_cpath
  lua_socket_connect_timeout lua_socket_pool_size mail map master_process max_ranges merge_slashes mirror multi_accept
  open_file_cache pcre_jit port_in_redirect proxy_buffering proxy_buffers proxy_cache proxy_connect_timeout
  proxy_http_version proxy_read_timeout proxy_redirect proxy_send_timeout proxy_set_header real_ip_header
  reset_timedout_connection resolver resolver_timeout rewrite_log satisfy send_timeout sendfile server_name_in_redirect
  server_names_hash_bucket_size server_tokens set_real_ip_from split_clients ssi ssl ssl_certificate
  ssl_certificate_key ssl_ciphers ssl_protocols ssl_session_cache sub_filter tcp_nodelay tcp_nopush thread_pool
  timer_resolution try_files types types_hash_max_size upstream use user uwsgi_pass worker_aio_requests
  worker_cpu_affinity worker_priority worker_rlimit_core worker_rlimit_nofile working_directory`
    .split(/\s+/)
    .filter((name) => name !== ''),
])

/** Undefined when the name is none of nginx's. `instead` says what to write, where there is something. */
export function lackingDirective(name: string): { instead?: string } | undefined {
  if (!LACKING.has(name)) return undefined
  return Object.hasOwn(INSTEAD, name) ? { instead: INSTEAD[name]! } : {}
}
