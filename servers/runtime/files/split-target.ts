// The target of a way inside, as `try_files` and `error_page` give it.

/** nginx's ngx_http_split_args: what follows the first "?" are the arguments. */
export function splitTarget(target: string): { uri: string; args: string } {
  const at = target.indexOf('?')
  return at === -1 ? { uri: target, args: '' } : { uri: target.slice(0, at), args: target.slice(at + 1) }
}
