// The variables that every request has, by nginx's names. servers/runtime/variables gives their values.

export const VARIABLE_NAMES =
  `args binary_remote_addr body_bytes_sent bytes_sent content_length content_type document_root document_uri edgeyard_version host hostname https is_args limit_conn_status
  limit_req_status msec pid query_string realip_remote_addr remote_addr remote_user request request_filename request_id request_length request_method request_time request_uri scheme server_name server_port server_protocol status time_iso8601 time_local uri`.split(
    /\s+/,
  )

const NAMES: ReadonlySet<string> = new Set(VARIABLE_NAMES)

/** What follows names an argument, a header of the request, a cookie, or a header of the reply. */
const PREFIXED = /^(?:arg_|http_|cookie_|sent_http_)./

/** What a pattern has captured. */
const CAPTURED = /^[1-9]$/

/** True without a look at what the conf itself defines. */
export function isBuiltIn(name: string): boolean {
  return NAMES.has(name) || PREFIXED.test(name) || CAPTURED.test(name)
}

/** True for what `set` may not give another value; `$args` alone may be set, as in nginx. */
export function isReadOnly(name: string): boolean {
  return NAMES.has(name) && name !== 'args'
}

const INSTEAD: Readonly<Record<string, string>> = {
  request_body: 'read the body in the script: await req.text()',
  request_body_file: 'read the body in the script: await req.arrayBuffer()',
  nginx_version: 'write $edgeyard_version',
  limit_rate: 'no reply is slowed down',
  remote_port: 'no engine tells it: write $remote_addr',
  connection: 'no engine numbers its connections: write $request_id',
  server_addr: 'no engine tells it: write the address, or $server_name',
  realpath_root: 'write $document_root, which holds no links',
}

const LACKING =
  /^(?:upstream_|proxy_|ssl_|geoip_|tcpinfo_|jwt_|uid_|sent_trailer_|modern_|secure_link|fastcgi_|date_|http2|gzip_ratio|pipe$|ancient_browser$|msie$|invalid_referer$|memcached_key$|slice_range$|spdy|protocol_|session_|connections_|connection_time$|connection$|connection_requests$|remote_port$|realip_remote_port$|server_addr$|request_completion$|limit_rate$|nginx_version$|request_body|realpath_root$|lua_)/

/** Undefined when nginx has no such variable either. */
export function lackingVariable(name: string): { instead?: string } | undefined {
  if (!LACKING.test(name)) return undefined
  return Object.hasOwn(INSTEAD, name) ? { instead: INSTEAD[name]! } : {}
}
