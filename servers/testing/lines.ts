// The lines of a stream, to be waited for.
import type { Readable } from 'node:stream'

export interface Lines {
  all(): readonly string[]
  /** The first line, from now or before, that matches. Rejects after a deadline with everything that came. */
  until(pattern: RegExp): Promise<string>
  nth(index: number): Promise<string>
}

/** Long enough for a machine that does other things, too. */
const DEADLINE_MS = 20_000

export function createLines(stream: Readable): Lines {
  const lines: string[] = []
  const watchers = new Set<() => void>()
  let rest = ''
  let over = false
  stream.setEncoding('utf8')
  stream.on('data', (piece: string) => {
    const parts = (rest + piece).split('\n')
    rest = parts.pop() ?? ''
    lines.push(...parts)
    for (const watch of [...watchers]) watch()
  })
  const end = () => {
    over = true
    if (rest !== '') lines.push(rest)
    rest = ''
    for (const watch of [...watchers]) watch()
  }
  stream.on('end', end)
  stream.on('error', end)

  const waitFor = (find: () => string | undefined, what: string) =>
    new Promise<string>((resolve, reject) => {
      const watch = () => {
        const found = find()
        if (found === undefined && !over) return
        watchers.delete(watch)
        clearTimeout(timer)
        if (found !== undefined) resolve(found)
        else reject(new Error(`The stream ended without ${what}:\n${lines.join('\n')}`))
      }
      const timer = setTimeout(() => {
        watchers.delete(watch)
        reject(new Error(`No ${what} within ${DEADLINE_MS} ms:\n${lines.join('\n')}`))
      }, DEADLINE_MS)
      watchers.add(watch)
      watch()
    })

  return {
    all: () => lines,
    until: (pattern) => waitFor(() => lines.find((line) => pattern.test(line)), String(pattern)),
    nth: (index) => waitFor(() => lines[index], `line ${index}`),
  }
}
