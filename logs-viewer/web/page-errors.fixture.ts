// Groups of errors for the tests of the page.
import type { ErrorGroup } from '../query/wire.ts'

/** Groups of errors as a week leaves them behind. */
export function someGroups(endMs: number): ErrorGroup[] {
  const at = (agoMs: number) => new Date(endMs - agoMs).toISOString()
  const sparkline = (seed: number) => Array.from({ length: 24 }, (_, i) => ((i * seed) % 11) * (i > seed % 20 ? 1 : 0))
  const group = (n: number, own: Partial<ErrorGroup>): ErrorGroup => ({
    fingerprint: `f${n}`,
    source: { developer: 'ana', server: 'socketserver' },
    severity: 'error',
    title: '',
    count: 1,
    firstSeen: at(6 * 86_400_000),
    lastSeen: at(n * 400_000),
    lastId: `ana/socketserver/2026-11-20:${n}`,
    sparkline: sparkline(n + 3),
    state: 'new',
    ...own,
  })
  return [
    group(0, {
      title: "TypeError: Cannot read properties of undefined (reading 'move')",
      count: 1842,
      firstRelease: '4f2a91c8e012',
      firstSeen: at(7_200_000),
    }),
    group(1, {
      title: 'No answer from matchmaking after 812 ms',
      count: 217,
      state: 'back',
      by: 'bo',
      at: at(86_400_000),
    }),
    group(2, {
      title: 'Out of memory: the worker is replaced',
      severity: 'crit',
      count: 3,
      source: { developer: 'bo', server: 'socketserver' },
    }),
    group(3, {
      title: 'SyntaxError: Unexpected token < in JSON at position 0',
      count: 12,
      source: { developer: 'master', server: 'httpserver' },
    }),
    group(4, {
      title: 'ECONNRESET: the client went away in mid-message',
      count: 9120,
      state: 'muted',
      by: 'ana',
      at: at(3 * 86_400_000),
    }),
    group(5, {
      title: 'RangeError: Invalid count value: -1',
      count: 44,
      state: 'resolved',
      by: 'ana',
      at: at(2 * 86_400_000),
    }),
  ]
}
