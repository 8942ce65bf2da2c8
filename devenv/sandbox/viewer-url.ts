// Where a browser finds the log page.
export interface ViewerPlace {
  readonly host: string
  readonly viewerPort: number
  /** Null: it speaks plain http. */
  readonly tls: unknown
}

/** `http://127.0.0.1:8088/`; an IPv6 host in brackets. */
export function viewerUrl({ host, viewerPort, tls }: ViewerPlace): string {
  return `http${tls === null ? '' : 's'}://${host.includes(':') ? `[${host}]` : host}:${viewerPort}/`
}
