// A stack in parts: what was thrown, the frames of the developer's own, and runs of frames of libraries and of Node between them.

export interface StackPart {
  readonly kind: 'head' | 'own' | 'library'
  readonly lines: readonly string[]
}

/** A place in the release, not in a library and not in Node. */
const OWN_PLACE = /(?:^|[\s(])((?!node:)(?:[\w.-]+\/)*[\w.-]+\.[cm]?tsx?:\d+(?::\d+)?)/

/** Where in the developer's own code a stack begins: `src/lobby.ts:48:31`. */
export function placeOf(stack: string | undefined): string | undefined {
  return OWN_PLACE.exec(stack ?? '')?.[1]
}

export function parseStack(stack: string): readonly StackPart[] {
  const parts: { kind: StackPart['kind']; lines: string[] }[] = []
  for (const line of stack.trimEnd().split('\n')) {
    const kind = kindOf(line)
    const last = parts.at(-1)
    if (last?.kind === kind) last.lines.push(line)
    else parts.push({ kind, lines: [line] })
  }
  return parts
}

function kindOf(line: string): StackPart['kind'] {
  if (!/^\s*at /.test(line)) return 'head'
  return OWN_PLACE.test(line) && !line.includes('node_modules') ? 'own' : 'library'
}
