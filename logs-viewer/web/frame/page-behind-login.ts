// Who wanted a page for which a login is asked, `/docs/…`, was sent here with `?next=`, and goes on from here.

/** The page's address, and no other: of this origin, below `/docs`. Null when there is none. `search` and `origin`: as in `location`. */
export function pageBehindLogin({
  search,
  origin,
}: {
  readonly search: string
  readonly origin: string
}): string | null {
  const next = new URLSearchParams(search).get('next')
  if (next === null || !URL.canParse(next, origin)) return null
  const url = new URL(next, origin)
  const isOurs = url.origin === origin && (url.pathname === '/docs' || url.pathname.startsWith('/docs/'))
  return isOurs ? `${origin}${url.pathname}${url.search}${url.hash}` : null
}
