// What runs, as a table a person reads: in the terminal of `edgeyard up`, over ssh and behind `remote:`.
import type { SandboxStatus } from './protocol.ts'

const HEAD = ['DEVELOPER', 'SERVER', 'URL', 'PORT', 'STATE', 'RELEASE']

/** One line a sandbox under a heading, columns aligned, no colours, no trailing newline. `developer` first, then server. */
export function renderSandboxes(sandboxes: readonly SandboxStatus[]): string {
  return renderTable([
    HEAD,
    ...sandboxes.map(({ developer, server, url, port, state, release, restarts }) => [
      developer,
      server,
      url,
      String(port),
      restarts > 0 ? `${state}, ${restarts} restarts` : state,
      release ?? '-',
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
