// Tests as text, in the manner of Test::Nginx: a conf and a script, the bytes that go in, the bytes and the error log that come out.
// servers/blocks/README.md says how one is written.

export interface Section {
  readonly name: string
  /** What stands behind the name on its line. */
  readonly args: string
  /** Without the empty lines at its end. */
  readonly text: string
  /** From 1. */
  readonly line: number
}

export interface Block {
  readonly title: string
  readonly line: number
  readonly sections: readonly Section[]
}

const SECTIONS = new Set([
  'main',
  'edge',
  'conf',
  'script',
  'file',
  'request',
  'response',
  'socket',
  'error_log',
  'connection',
  'signal',
  'edit',
  'logged',
  'written',
  'certificate',
  'conf_error',
  'start_error',
  'engines',
  'stateful',
])

/** Throws an Error with `file:line` for what is no block. */
export function parseBlocks(text: string, file: string): Block[] {
  const blocks: { title: string; line: number; sections: Section[] }[] = []
  let lines: string[] | undefined
  let open: Omit<Section, 'text'> | undefined
  const close = () => {
    if (open !== undefined) blocks.at(-1)!.sections.push({ ...open, text: lines!.join('\n').replace(/\n+$/, '') })
    open = undefined
  }
  for (const [index, line] of text.split('\n').entries()) {
    const at = `${file}:${index + 1}`
    const title = /^=== +(\S.*)$/.exec(line)
    const section = /^--- +(\w+)(?: +(.*))?$/.exec(line)
    if (title !== null) {
      close()
      blocks.push({ title: title[1]!, line: index + 1, sections: [] })
    } else if (section !== null) {
      close()
      if (blocks.length === 0) throw new Error(`${at}: a section before the first "==="`)
      if (!SECTIONS.has(section[1]!)) throw new Error(`${at}: there is no section "${section[1]}"`)
      open = { name: section[1]!, args: section[2] ?? '', line: index + 1 }
      lines = []
    } else if (open !== undefined) lines!.push(line)
    else if (blocks.length > 0 && line.trim() !== '') throw new Error(`${at}: text outside of a section`)
  }
  close()
  return blocks
}

/** The bytes of a request section: lines end with CRLF, a body is left alone; of `raw` only its escapes count. */
export function requestBytes({ args, text }: Section): Buffer {
  if (args === 'raw') return Buffer.from(unescaped(text.replaceAll('\n', '')), 'latin1')
  const end = text.indexOf('\n\n')
  const head = end === -1 ? text : text.slice(0, end)
  const body = end === -1 ? '' : text.slice(end + 2)
  const lines = head.replaceAll('<length>', String(Buffer.byteLength(body))).split('\n')
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n${body}`)
}

const ESCAPES: Readonly<Record<string, string>> = { r: '\r', n: '\n', t: '\t', '\\': '\\' }

/** `\r`, `\n`, `\t`, `\\`, `\xHH`, and `\{N}X` for N times the character X. */
function unescaped(text: string): string {
  return text.replace(/\\(?:x([0-9a-f]{2})|\{(\d+)\}(.)|(.))/gi, (_, hex, times, repeated, plain) => {
    if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16))
    if (times !== undefined) return repeated.repeat(Number(times))
    return ESCAPES[plain] ?? plain
  })
}
