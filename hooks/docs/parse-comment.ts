// A doc comment → its text and its tags. Pure.
import type { DocComment } from '../../servers/contract/docs.ts'

export const NO_COMMENT: DocComment = { text: '', params: [], returns: '', throws: [], examples: [], deprecated: null }

interface Block {
  /** Empty for the text before the first tag. */
  readonly tag: string
  readonly lines: string[]
}

/** `comment`: what is between its opening and its end, with the stars at the margin. */
export function parseComment(comment: string): DocComment {
  const lines = comment.split(/\r?\n/).map((line) => line.replace(/^\s*\*? ?/, '').trimEnd())
  const blocks: Block[] = [{ tag: '', lines: [] }]
  for (const line of lines) {
    const [, tag, rest = ''] = /^@(\w+)\s*(.*)$/.exec(line) ?? []
    if (tag === undefined) blocks.at(-1)!.lines.push(line)
    else blocks.push({ tag, lines: rest === '' ? [] : [rest] })
  }
  const texts = (...tags: string[]) => blocks.filter(({ tag }) => tags.includes(tag)).map(textOf)
  return {
    text: texts('', 'remarks')
      .filter((text) => text !== '')
      .join('\n\n'),
    params: texts('param').map(parseParam),
    returns: texts('returns', 'return').join('\n'),
    throws: texts('throws', 'exception'),
    examples: texts('example')
      .map(codeOf)
      .filter((code) => code !== ''),
    deprecated: texts('deprecated')[0] ?? null,
  }
}

/** The line comments at the top of a file; what is indented in them by two more spaces is code. */
export function parseHeader(lines: readonly string[]): DocComment {
  const isCode = (line: string) => /^ {3}/.test(line)
  const text = lines.filter((line) => !isCode(line)).map((line) => line.trim())
  const code = lines.filter(isCode).map((line) => line.slice(3))
  return { ...NO_COMMENT, text: text.join('\n').trim(), examples: code.length === 0 ? [] : [code.join('\n')] }
}

function textOf({ lines }: Block): string {
  return lines.join('\n').replace(/^\n+|\s+$/g, '')
}

/** `@param name - What it is`: the hyphen is optional, and a type in braces is TypeScript's own business. */
function parseParam(text: string): { name: string; text: string } {
  const [, name = '', rest = ''] = /^(?:\{[^}]*\}\s*)?\[?([\w$.]+)[^\s\]]*\]?\s*-?\s*([\s\S]*)$/.exec(text) ?? []
  return { name, text: rest }
}

/** Some fence their examples, some do not. */
function codeOf(text: string): string {
  const fenced = /^```\w*\n([\s\S]*?)\n?```\s*$/.exec(text)
  return fenced?.[1] ?? text
}
