// What runs, as a table a person reads: in the terminal of `edgeyard up`, over ssh and behind `remote:`.
import type { ReleaseEntry, SandboxStatus } from './protocol.ts'

const HEAD = ['DEVELOPER', 'SERVER', 'URL', 'PORT', 'STATE', 'RELEASE', 'UP']

/** One line a sandbox under a heading, columns aligned, no colours, no trailing newline. `developer` first, then server. */
export function renderSandboxes(sandboxes: readonly SandboxStatus[]): string {
  return renderTable([
    HEAD,
    ...sandboxes.map(({ developer, server, url, port, state, reason, uptimeMs, release, restarts }) => [
      developer,
      server,
      url,
      String(port),
      [state === 'failed' && reason !== null ? `${state}: ${reason}` : state, restartsOf(restarts)].join(''),
      [release ?? '-', state !== 'failed' && reason !== null ? ` (${reason})` : ''].join(''),
      uptimeMs === null ? '-' : duration(uptimeMs),
    ]),
  ])
}

const restartsOf = (restarts: number) => (restarts > 0 ? `, ${restarts} restarts` : '')

/** One line a release, as they come. */
export function renderReleases(releases: readonly ReleaseEntry[]): string {
  return renderTable([
    ['SERVER', 'RELEASE', 'STATE', 'LIVE SINCE (UTC)', 'BY', 'THROUGH', 'COMMIT'],
    ...releases.map(({ server, release, live, kept, at, who, what, subject }) => [
      ...[server, release, live ? 'live' : kept ? 'kept' : '-'],
      ...[at.slice(0, 19).replace('T', ' '), who, what, subject],
    ]),
  ])
}

/** Rows of any table, each column as wide as its widest cell. */
export function renderTable(rows: readonly (readonly string[])[]): string {
  const widths = rows.reduce<number[]>((all, row) => {
    row.forEach((cell, i) => {
      all[i] = Math.max(all[i] ?? 0, cell.length)
    })
    return all
  }, [])
  return rows
    .map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

/** `3d 4h`, `2h 5m`, `1m 3s`, `12s`. */
function duration(ms: number): string {
  const seconds = Math.floor(ms / 1000)
  const [days, hours, minutes] = [
    Math.floor(seconds / 86400),
    Math.floor(seconds / 3600) % 24,
    Math.floor(seconds / 60) % 60,
  ]
  if (days > 0) return `${days}d ${hours}h`
  if (hours > 0) return `${hours}h ${minutes}m`
  return minutes > 0 ? `${minutes}m ${seconds % 60}s` : `${seconds}s`
}
