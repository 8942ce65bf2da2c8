// Words that reach a person: of commits, errors, push options. None of them may move a cursor or hide what was said.
import type { AttackCase } from './arena.ts'

const ESCAPES: readonly (readonly [title: string, text: string])[] = [
  ['a cleared screen', '\u001b[2J'],
  ['a window title', '\u001b]0;owned\u0007'],
  ['a written clipboard', '\u001b]52;c;aWQ=\u0007'],
  ['a hyperlink', '\u001b]8;;http://example.org\u0007'],
  ['text turned around', '\u202e'],
  ['an 8-bit control', '\u009b2J'],
  ['a carriage return', 'good\rbad'],
  ['no width', '\u200b'],
]

export const TEXT_CASES: readonly AttackCase[] = [
  ...ESCAPES.map(([title, text]) => ({
    title: `${title} in what a broken script throws`,
    act: (arena: Parameters<AttackCase['act']>[0]) =>
      arena.pushFiles({
        'src/main.ts': `throw new Error(${JSON.stringify(`${text}thrown`)})\nexport default { message() {} }\n`,
      }),
    says: /src\/main\.ts:1:\d+: .*thrown/,
  })),
  ...ESCAPES.filter(([, text]) => !text.includes('\r')).map(([title, text]) => ({
    title: `${title} in the line of a syntax error`,
    act: (arena: Parameters<AttackCase['act']>[0]) => arena.pushFiles({ 'src/main.ts': `const text = '${text}' }\n` }),
    says: /src\/main\.ts:1:\d+: /,
  })),
  ...ESCAPES.map(([title, text]) => ({
    title: `${title} in what a broken script logs`,
    act: (arena: Parameters<AttackCase['act']>[0]) =>
      arena.pushFiles({
        'src/main.ts': `console.error(${JSON.stringify(`${text}logged`)})\nthrow new Error('broken')\nexport default { message() {} }\n`,
      }),
    says: /src\/main\.ts:2:\d+: .*broken/,
  })),
  {
    title: 'an escape sequence in the subject of a broken commit',
    act: (arena) => arena.pushFiles({ 'src/main.ts': '}' }, 'A \u001b[2J\u202e subject'),
    says: /src\/main\.ts:1:\d+: /,
  },
  {
    title: 'an import of a path outside',
    act: (arena) =>
      arena.pushFiles({
        'src/main.ts': "import x from '../../../../../etc/passwd'\nexport default { message() { x } }\n",
      }),
    says: /src\/main\.ts:1:\d+: /,
  },
  {
    title: 'an import of an absolute path',
    act: (arena) =>
      arena.pushFiles({ 'src/main.ts': `import x from '${arena.target}'\nexport default { message() { x } }\n` }),
    says: /src\/main\.ts:1:\d+: /,
  },
  {
    title: 'a tsconfig.json that asks for other files',
    act: (arena) =>
      arena.pushFiles({ 'tsconfig.json': '{"extends":"/etc/passwd"}', 'src/main.ts': "import '/etc/passwd'\n" }),
    says: /src\/main\.ts:1:\d+: /,
  },
  {
    title: 'attributes that would run a filter or drop a file, beside a broken script',
    act: (arena) =>
      arena.pushFiles({
        '.gitattributes':
          '* export-ignore export-subst ident filter=evil eol=crlf working-tree-encoding=UTF-16 diff=evil merge=evil\n',
        'src/main.ts': '}',
      }),
    says: /src\/main\.ts:1:1: /,
  },
  {
    title: 'four thousand kilobytes of attributes, beside a broken script',
    act: (arena) =>
      arena.pushFiles({ '.gitattributes': `${'*.x '.padEnd(2000, 'a')}\n`.repeat(2000), 'src/main.ts': '}' }),
    says: /src\/main\.ts:1:1: /,
  },
]
