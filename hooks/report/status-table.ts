// Sandboxes as a table of plain text.
import type { SandboxStatus } from '../../devenv/control/protocol.ts'

const HEAD = ['SERVER', 'DEVELOPER', 'STATE', 'RELEASE', 'URL', 'UP', 'RESTARTS']

export function statusTable(sandboxes: readonly SandboxStatus[]): string[] {
  const rows = sandboxes.map((sandbox) => [
    sandbox.server,
    sandbox.developer,
    sandbox.state,
    sandbox.release ?? '-',
    sandbox.url,
    sandbox.uptimeMs === null ? '-' : duration(sandbox.uptimeMs),
    String(sandbox.restarts),
  ])
  const widths = HEAD.map((_, column) => Math.max(...[HEAD, ...rows].map((row) => row[column]!.length)))
  return [HEAD, ...rows].map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join('  ')
      .trimEnd(),
  )
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
