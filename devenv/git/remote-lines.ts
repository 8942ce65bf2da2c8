// What the other side of a push says, out of git's stderr: `remote: LINE`, padded, in pieces of any size.
import { StringDecoder } from 'node:string_decoder'

const PREFIX = 'remote: '

/** Calls `onLine` for every whole line of the remote; what git itself says is left out. `end` gives the last, unfinished one. */
export function remoteLines(onLine: (line: string) => void): { write(chunk: Buffer): void; end(): void } {
  const decoder = new StringDecoder('utf8')
  let rest = ''
  const take = (line: string) => {
    if (line.startsWith(PREFIX)) onLine(line.slice(PREFIX.length).trimEnd())
    else if (line.trimEnd() === PREFIX.trimEnd()) onLine('')
  }
  return {
    write(chunk) {
      const lines = (rest + decoder.write(chunk)).split(/[\r\n]/)
      rest = lines.pop() ?? ''
      lines.forEach(take)
    },
    end() {
      if (rest !== '') take(rest)
      rest = ''
    },
  }
}
