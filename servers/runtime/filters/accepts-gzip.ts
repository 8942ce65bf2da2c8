// Whether a client takes gzip, as ngx_http_gzip_ok reads it.

/** `Accept-Encoding` (RFC 9110 section 12.5.3) names gzip, and not with a weight of 0. As in nginx `*` does not count. */
export function acceptsGzip(acceptEncoding: string): boolean {
  const match = /(?:^|[,\s])gzip\s*(?:;\s*q\s*=\s*([01](?:\.\d{0,3})?)\s*)?(?=,|$)/i.exec(acceptEncoding)
  return match !== null && Number(match[1] ?? 1) > 0
}
