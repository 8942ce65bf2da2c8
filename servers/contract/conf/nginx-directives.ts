// Directives of nginx and OpenResty that edgeyard does not have, and what it has in their place.

const HOOKS: Readonly<Record<string, string>> = {
  content: 'write script src/main.ts; and export a fetch hook',
  access: 'export an access hook from the script',
  rewrite: 'export an access hook from the script',
  server_rewrite: 'export an access hook from the script',
  header_filter: 'export a headers hook from the script',
  body_filter: 'change the body in the fetch hook of the script',
  log: 'export a log hook from the script',
  init: 'export a start hook from the script',
  init_worker: 'export a start hook from the script',
  exit_worker: 'export a stop hook from the script',
  set: 'compute it in the script, or write a map',
  balancer: 'choose the address in the script and call it with ctx.fetch',
}

const CALL = 'call other services with ctx.fetch in the script'
const ACCESS = 'decide in an access hook of the script'
const SYSTEM = 'it is part of how the yard runs a sandbox'
const SLASHES = 'a path is always compared with its slashes merged'

const INSTEAD: Readonly<Record<string, string>> = {
  http: 'write edge { ... }',
  stream: 'write edge { ... }; raw TCP and UDP are not served',
  mail: 'mail is not served',
  if: 'write a map and use its variable, or decide in the script',
  lua_code_cache: 'write code_cache on|off|stat;',
  lua_shared_dict: 'write dict NAME SIZE; in edge, and use ctx.dict(NAME)',
  lua_need_request_body: 'read it in the script: await req.text()',
  lua_package_path: 'scripts import modules of their own repository',
  lua_package_cpath: 'scripts import modules of their own repository',
  lua_check_client_abort: 'ctx.signal tells when the client has gone',
  lua_max_running_timers: 'worker.every never runs one timer twice at a time',
  init_by_lua_file: 'export a start hook from the script',
  more_set_headers: 'write add_header, or set it in a headers hook of the script',
  more_clear_headers: 'delete it in a headers hook of the script',
  echo: 'write return 200 TEXT;',
  proxy_pass: CALL,
  fastcgi_pass: CALL,
  uwsgi_pass: CALL,
  scgi_pass: CALL,
  grpc_pass: CALL,
  memcached_pass: 'use ctx.redis in the script',
  redis_pass: 'use ctx.redis in the script',
  upstream: CALL,
  mirror: CALL,
  auth_basic: ACCESS,
  auth_basic_user_file: ACCESS,
  auth_request: ACCESS,
  auth_jwt: ACCESS,
  secure_link: ACCESS,
  valid_referers: ACCESS,
  satisfy: 'allow and deny are asked first, then the access hook of the script: both must let a request in',
  limit_except: 'look at req.method in an access hook of the script',
  geo: 'write a map of $remote_addr, or decide in the script',
  split_clients: 'decide in the script, by a hash of what you split by',
  merge_slashes: SLASHES,
  http2: 'HTTP/2 is not spoken: let a proxy in front speak it',
  http3: 'HTTP/3 is not spoken: let a proxy in front speak it',
  ssl: 'write listen PORT ssl;',
  ssl_dhparam: 'TLS 1.2 and 1.3 choose curves of their own',
  ssl_prefer_server_ciphers: 'write ssl_ciphers, whose order counts',
  autoindex: 'write the list in the script',
  sub_filter: 'change the text in the fetch hook of the script',
  ssi: 'compose the page in the script',
  charset: 'write it into the type: default_type "text/html; charset=utf-8";',
  gzip_static: 'replies are compressed when they are sent: write gzip on;',
  limit_rate: 'write limit_req or limit_conn, or send in pieces from the script',
  server_tokens: 'no reply names its server',
  sendfile: 'files are sent the best way there is',
  tcp_nopush: 'replies leave as soon as they can',
  tcp_nodelay: 'replies leave as soon as they can',
  stub_status: 'edgeyard status shows what a sandbox does',
  resolver: "names are looked up with the system's own resolver",
  user: SYSTEM,
  daemon: SYSTEM,
  master_process: SYSTEM,
  working_directory: SYSTEM,
  worker_rlimit_nofile: SYSTEM,
  worker_priority: SYSTEM,
  worker_cpu_affinity: SYSTEM,
  load_module: 'there are no modules: a script can do it',
  env: 'write set $NAME VALUE; and read ctx.env.NAME in the script',
  perl: 'write script src/main.ts;',
  js_content: 'write script src/main.ts; and export a fetch hook',
  js_import: 'write script src/main.ts;',
}

/** Names with a common beginning: `proxy` + `pass` is `proxy_pass`. */
const BY_MODULE: Readonly<Record<string, string>> = {
  proxy: `bind buffer_size buffering buffers busy_buffers_size cookie_domain cookie_flags cookie_path force_ranges
    headers_hash_bucket_size headers_hash_max_size http_version limit_rate max_temp_file_size method pass pass_trailers redirect
    request_dynamic set_body set_header socket_keepalive temp_file_write_size temp_path timeout protocol half_close requests
    responses download_rate upload_rate session_drop`,
  fastcgi: `bind buffer_size buffering buffers busy_buffers_size catch_stderr force_ranges index keep_conn limit_rate
    max_temp_file_size param pass send_lowat socket_keepalive split_path_info temp_file_write_size temp_path`,
  uwsgi: `bind buffer_size buffering buffers busy_buffers_size force_ranges limit_rate max_temp_file_size modifier1 modifier2
    param pass socket_keepalive temp_file_write_size temp_path`,
  scgi: `bind buffer_size buffering buffers busy_buffers_size force_ranges limit_rate max_temp_file_size param pass
    socket_keepalive temp_file_write_size temp_path`,
  grpc: 'bind buffer_size pass set_header socket_keepalive',
  memcached: 'bind buffer_size force_ranges gzip_flag pass socket_keepalive',
  auth: 'basic basic_user_file delay request request_set jwt jwt_key_file jwt_claim_set jwt_require jwt_type',
  autoindex: 'exact_size format localtime',
  charset: 'map types',
  client: 'body_buffer_size body_in_file_only body_in_single_buffer body_temp_path header_buffer_size',
  dav: 'access methods',
  geoip: 'city country org proxy proxy_recursive',
  gunzip: 'buffers',
  gzip: 'buffers disable http_version static',
  hls: 'buffers forward_args fragment mp4_buffer_size mp4_max_buffer_size',
  http2: `body_preread_size chunk_size idle_timeout max_concurrent_pushes max_concurrent_streams max_field_size max_header_size
    max_requests push push_preload recv_buffer_size recv_timeout`,
  http3: 'hq max_concurrent_streams stream_buffer_size',
  image_filter: 'buffer interlace jpeg_quality sharpen transparency webp_quality',
  js: `access body_filter content fetch_buffer_size fetch_ciphers fetch_max_response_buffer_size fetch_protocols fetch_timeout
    fetch_trusted_certificate fetch_verify fetch_verify_depth filter header_filter import include path periodic preload_object
    preread set shared_dict_zone var`,
  keepalive: 'disable min_timeout time',
  large: 'client_header_buffers',
  limit: 'conn_dry_run conn_log_level except rate rate_after req_dry_run req_log_level zone',
  lingering: 'close time timeout',
  map: 'hash_bucket_size hash_max_size',
  mp4: 'buffer_size limit_rate limit_rate_after max_buffer_size start_key_frame',
  open_file_cache: 'errors min_uses valid',
  perl: 'modules require set',
  quic: 'active_connection_id_limit bpf gso host_key retry',
  referer: 'hash_bucket_size hash_max_size',
  secure_link: 'md5 secret',
  server: 'name_in_redirect names_hash_bucket_size names_hash_max_size tokens',
  ssi: 'last_modified min_file_chunk silent_errors types value_length',
  ssl: `alpn buffer_size certificate_cache certificate_compression client_certificate conf_command crl dhparam early_data
    ecdh_curve engine handshake_timeout key_log object_cache_inheritable ocsp ocsp_cache ocsp_responder password_file
    prefer_server_ciphers preread reject_handshake session_cache session_ticket_key session_tickets session_timeout stapling
    stapling_file stapling_responder stapling_verify trusted_certificate verify_client verify_depth`,
  sub_filter: 'last_modified once types',
  types: 'hash_bucket_size hash_max_size',
  userid: 'domain expires flags mark name p3p path service',
  variables: 'hash_bucket_size hash_max_size',
  worker: 'aio_requests cpu_affinity priority rlimit_core rlimit_nofile',
  xslt: 'last_modified param string_param stylesheet types',
  lua: `capture_error_log code_cache check_client_abort fake_shm http10_buffering load_resty_core malloc_trim max_pending_timers
    max_running_timers need_request_body package_cpath package_path regex_cache_max_entries regex_match_limit
    sa_restart shared_dict socket_buffer_size socket_connect_timeout socket_keepalive_timeout socket_log_errors
    socket_pool_size socket_read_timeout socket_send_lowat socket_send_timeout ssl_certificate ssl_certificate_key ssl_ciphers
    ssl_conf_command ssl_crl ssl_key_log ssl_protocols ssl_trusted_certificate ssl_verify_depth thread_cache_max_entries
    transform_underscores_in_response_headers upstream_skip_openssl_default_verify use_default_type worker_thread_vm_pool_size`,
  more: 'set_headers clear_headers set_input_headers clear_input_headers',
  echo: `after_body before_body blocking_sleep duplicate end exec flush foreach_split location location_async read_request_body
    request_body reset_timer sleep status subrequest subrequest_async`,
  set: `by_lua by_lua_block by_lua_file decode_base32 decode_base64 decode_hex encode_base32 encode_base64 encode_hex
    escape_uri form_input hashed_upstream hmac_sha1 if_empty json_value local_today md5 misc_base32_padding
    quote_json_str quote_pgsql_str quote_sql_str random rotate secure_random_alphanum sha1 unescape_uri`,
  redis2: 'pass query raw_query',
  srcache: 'fetch store',
}

/** What all modules that call another server have, behind their own beginning. */
const UPSTREAMS = ['proxy', 'fastcgi', 'uwsgi', 'scgi', 'grpc', 'memcached']
const OF_UPSTREAMS = `allow_upstream cache cache_background_update cache_bypass cache_convert_head cache_key cache_lock cache_lock_age
  cache_lock_timeout cache_max_range_offset cache_methods cache_min_uses cache_path cache_purge cache_revalidate cache_use_stale
  cache_valid connect_timeout hide_header ignore_client_abort ignore_headers intercept_errors next_upstream
  next_upstream_timeout next_upstream_tries no_cache pass_header pass_request_body pass_request_headers read_timeout
  request_buffering send_lowat send_timeout ssl ssl_certificate ssl_certificate_cache ssl_certificate_key ssl_ciphers
  ssl_conf_command ssl_crl ssl_key_log ssl_name ssl_password_file ssl_protocols ssl_server_name ssl_session_reuse
  ssl_trusted_certificate ssl_verify ssl_verify_depth store store_access`

const OTHERS = `accept_mutex accept_mutex_delay acceptex_read add_after_body add_before_body add_trailer addition_types aio aio_write
  ancient_browser ancient_browser_value api array_join array_map array_map_op array_split autoindex charset
  chunked_transfer_encoding connection_pool_size create_full_put_path daemon debug_connection debug_points
  degradation degrade devpoll_changes devpoll_events directio directio_alignment disable_symlinks echo empty_gif encrypted_session_key
  env epoll_events eventport_events f4f f4f_buffer_size flv geo google_perftools_profiles gunzip hash health_check hls http http2
  http3 if ignore_invalid_headers image_filter internal_redirect iocp_threads ip_hash js_content keepalive keyval keyval_zone
  kqueue_changes kqueue_events least_conn least_time load_module lock_file log_escape_non_ascii log_not_found log_subrequest mail
  master_process match max_headers merge_slashes mgmt min_delete_depth mirror mirror_request_body modern_browser
  modern_browser_value mp4 msie_padding msie_refresh multi_accept ntlm open_file_cache open_log_file_cache otel_exporter otel_trace
  output_buffers override_charset pcre_jit perl port_in_redirect post_acceptex post_action postpone_output queue random
  random_index read_ahead recursive_error_pages request_pool_size reset_timedout_connection resolver
  resolver_timeout rewrite_by_lua_no_postpone access_by_lua_no_postpone rewrite_log satisfy secure_link
  send_lowat sendfile sendfile_max_chunk session_log session_log_format session_log_zone slice source_charset split_clients ssi ssl
  ssl_certificate_by_lua_block ssl_certificate_by_lua_file ssl_client_hello_by_lua_block ssl_client_hello_by_lua_file
  ssl_session_fetch_by_lua_block ssl_session_fetch_by_lua_file ssl_session_store_by_lua_block ssl_session_store_by_lua_file
  state status status_format status_zone sticky stream stub_status sub_filter subrequest_output_buffer_size
  tcp_nodelay tcp_nopush thread_pool timer_resolution tunnel_pass underscores_in_headers uninitialized_variable_warn
  upstream upstream_conf use user userid valid_referers working_directory xml_entities xclient zone redis_pass`

let names: ReadonlySet<string> | undefined

/** Made when a conf first says something that we do not have. */
function lackingNames(): ReadonlySet<string> {
  const words = (text: string) => text.split(/\s+/)
  const joined = (modules: readonly string[], text: string) =>
    modules.flatMap((module) => words(text).map((name) => `${module}_${name}`))
  const hooks = Object.keys(HOOKS).flatMap((phase) => [
    `${phase}_by_lua`,
    `${phase}_by_lua_block`,
    `${phase}_by_lua_file`,
  ])
  names ??= new Set([
    ...hooks,
    ...Object.entries(BY_MODULE).flatMap(([module, text]) => joined([module], text)),
    ...joined(UPSTREAMS, OF_UPSTREAMS),
    ...words(OTHERS),
  ])
  return names
}

/** Undefined when the name is none of nginx's. `instead` says what to write, where there is something. */
export function lackingDirective(name: string): { instead?: string } | undefined {
  if (!lackingNames().has(name)) return undefined
  if (Object.hasOwn(INSTEAD, name)) return { instead: INSTEAD[name]! }
  const hook = /^(.+)_by_lua(?:_block|_file)?$/.exec(name)?.[1] ?? ''
  if (Object.hasOwn(HOOKS, hook)) return { instead: HOOKS[hook]! }
  return UPSTREAMS.some((module) => name.startsWith(`${module}_`)) ? { instead: CALL } : {}
}
