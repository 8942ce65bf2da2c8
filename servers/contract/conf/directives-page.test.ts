// DIRECTIVES.md is made from the table of directives. After a change that is meant:
//   UPDATE_GOLDEN=1 npx mocha --no-config dist/servers/contract/conf/directives-page.test.js
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { VARIABLE_NAMES } from './built-in-variables.ts'
import type { Directive } from './directives/directive.ts'
import { DIRECTIVE_NAMES, DIRECTIVES } from './directives.ts'

const FILE = new URL('../../../../servers/contract/conf/DIRECTIVES.md', import.meta.url)

describe('DIRECTIVES.md', () => {
  it('is the table of directives', () => {
    if (process.env.UPDATE_GOLDEN === '1') writeFileSync(FILE, page())
    assert.equal(readFileSync(FILE, 'utf8'), page())
  })
})

function page(): string {
  const cell = (text: string) => text.replaceAll('|', '\\|')
  const rows = [...DIRECTIVE_NAMES].sort().map((name) => {
    const { usage, contexts, standard, does }: Directive<unknown> = DIRECTIVES[name]
    const where = contexts.map((context) => (context === 'main' ? 'main' : context)).join(', ')
    return `| \`${cell(usage)}\` | ${where} | ${standard === undefined ? '' : `\`${standard}\``} | ${cell(does)} |`
  })
  return `# Directives

A conf is written as nginx's is. A directive that nginx has keeps nginx's name, units, contexts, inheritance and default; \`edge\` is what
nginx calls \`http\`. A directive of nginx that is not here is refused by \`edge-server -t\`, which says what to write instead.

| directive | where | when it is not given | what it does |
|---|---|---|---|
${rows.join('\n')}

A TEXT may hold variables: \`$name\` or \`\${name}\`. Those of every request are ${VARIABLE_NAMES.map((name) => `\`$${name}\``).join(', ')},
\`$arg_NAME\`, \`$cookie_NAME\`, \`$http_NAME\`, \`$sent_http_NAME\`, and \`$1\` to \`$9\`, what the last pattern has captured; \`set\`, \`map\` and a
pattern's named groups give others. An unknown one is refused.

A PATTERN is a regular expression of JavaScript. PCRE's spellings of names (\`(?P<name>…)\`), of classes (\`[[:alpha:]]\`) and of \`\\A\` and
\`\\z\` are understood; possessive quantifiers, atomic groups, recursion and conditions are refused. As in nginx nobody finds out
whether a pattern takes very long for some paths: do not nest quantifiers, as in \`(a+)+$\`.

A TIME is \`500ms\`, \`10s\`, \`1m30s\`, \`1h\`, \`2d\`, or seconds; a SIZE is \`512\`, \`64k\`, \`1m\`, \`1g\`; a RATE is \`10r/s\` or \`30r/m\`. A word with spaces,
\`;\`, \`{\` or \`}\` is written in quotes. A DIR and a script's FILE belong to the release; other FILEs are relative to the sandbox's folder.
`
}
