// biome-ignore-all lint/suspicious/noTemplateCurlyInString: scripts are written as texts here.
// What a script may import, and that nothing else on the machine is ever read.
import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { renderDiagnostic } from '../../servers/contract/diagnostic.ts'
import { type EdgeyardError, isEdgeyardError } from '../../servers/contract/errors.ts'
import { buildScripts, stopBuilding } from './build-scripts.ts'
import { checkCommon } from './check-common.ts'

const SECRET = 'swordfish-4711'

describe('buildScripts', () => {
  let outer: string
  let folder: string

  beforeEach(async () => {
    outer = await mkdtemp(join(tmpdir(), 'edgeyard-build-'))
    folder = join(outer, 'release')
    await mkdir(folder)
  })
  afterEach(() => rm(outer, { recursive: true, force: true }))
  after(() => stopBuilding())

  async function write(files: Readonly<Record<string, string>>): Promise<void> {
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(folder, path)), { recursive: true })
      await writeFile(join(folder, path), text)
    }
  }

  /** Everything that comes out of a build, as one text: code, maps, warnings, errors. */
  async function everything(files: Readonly<Record<string, string>>): Promise<string> {
    await write(files)
    try {
      const { files: built, warnings } = await buildScripts(folder, ['src/main.ts'])
      return [...built.map(({ contents }) => Buffer.from(contents).toString()), ...warnings.map(renderDiagnostic)].join(
        '\n',
      )
    } catch (error) {
      assert.ok(isEdgeyardError(error), String(error))
      return [error.message, ...error.diagnostics.map(renderDiagnostic)].join('\n')
    }
  }

  async function failure(files: Readonly<Record<string, string>>): Promise<EdgeyardError> {
    await write(files)
    const error = await buildScripts(folder, ['src/main.ts']).then(
      () => assert.fail('built'),
      (thrown) => thrown,
    )
    assert.equal(error.code, 'BUILD_FAILED', String(error))
    return error
  }

  it('bundles the files of the commit to one CommonJS text with a map whose sources are found from it', async () => {
    await write({
      'src/main.ts': `import type { HttpScript } from 'edgeyard'
        import { Socket } from 'edgeyard'
        import fs from 'node:fs'
        import { join } from 'path'
        import { a } from './a'
        import { b } from './b.js'
        import c from '../data/c.json'
        import { d } from './d/'
        export default { fetch: (s: Socket<1>) => [a, b, c, d, fs, join] } satisfies HttpScript`,
      'src/a.ts': 'export const a = "from a"',
      'src/b.ts': 'export const b = "from b"',
      'src/d/index.ts': 'export const d = "from d"',
      'data/c.json': '{"c": "from c"}',
    })
    const { files, warnings } = await buildScripts(folder, ['src/main.ts'])
    assert.deepEqual(warnings, [])
    assert.deepEqual(files.map(({ path }) => path).sort(), ['build/src/main.js', 'build/src/main.js.map'])
    const text = Buffer.from(files.find(({ path }) => path.endsWith('.js'))!.contents).toString()
    for (const name of ['a', 'b', 'c', 'd']) assert.match(text, new RegExp(`from ${name}`))
    assert.match(text, /require\("node:fs"\)/)
    assert.match(text, /require\("node:path"\)/)
    assert.doesNotMatch(text, /edgeyard"/)
    assert.match(text, /\/\/# sourceMappingURL=main\.js\.map\n$/)
    const map = JSON.parse(Buffer.from(files.find(({ path }) => path.endsWith('.map'))!.contents).toString())
    assert.deepEqual(
      map.sources.sort(),
      ['a.ts', 'b.ts', 'd/index.ts', 'main.ts']
        .map((name) => `../../src/${name}`)
        .concat('../../data/c.json')
        .sort(),
    )
    assert.equal(map.sourcesContent.length, map.sources.length)
  })

  it('leaves alone what only looks like an import', async () => {
    await write({
      'src/main.ts': `const loader = { require: (x: string) => x, import: (x: string) => x }
        export const all = (n: string) => [loader.require('./' + n), loader?.import(\`./\${n}\`), n] // import('./' + n)
        export const one = () => import('./one.ts' /* here */)
        export const two = () => import(\`./one.ts\`)
        export const some = (n: string) => require(n)`,
      'src/one.ts': 'export default 1',
    })
    const { warnings } = await buildScripts(folder, ['src/main.ts'])
    assert.deepEqual(warnings, [])
  })

  it('builds several scripts', async () => {
    await write({ 'src/main.ts': 'export default 1', 'src/other.ts': 'export default 2' })
    const { files } = await buildScripts(folder, ['src/main.ts', 'src/other.ts'])
    assert.equal(files.length, 4)
    assert.ok(files.some(({ path }) => path === 'build/src/other.js'))
  })

  it('shows an error at its place, columns counted as editors do', async () => {
    const { diagnostics } = await failure({ 'src/main.ts': 'const ok = 1\nconst é🎈 = (1 + \n' })
    assert.equal(diagnostics[0]?.file, 'src/main.ts')
    const wide = await failure({ 'src/main.ts': '/* é🎈 */ import "./nothing"\n' })
    assert.equal(
      renderDiagnostic(wide.diagnostics[0]!),
      [
        'src/main.ts:1:18: Cannot find "./nothing"; there is no src/nothing in this commit, with or without .ts, .tsx, .js or .json',
        '  /* é🎈 */ import "./nothing"',
        '                   ^^^^^^^^^^^',
      ].join('\n'),
    )
  })

  it('reports all errors at once', async () => {
    const { diagnostics } = await failure({ 'src/main.ts': 'import "./a"\nimport "./b"\n', 'src/a.ts': 'import "./c"' })
    assert.deepEqual(diagnostics.map(({ file, line }) => `${file}:${line}`).sort(), ['src/a.ts:1', 'src/main.ts:2'])
  })

  const REFUSED: readonly [title: string, text: string, message: RegExp, hint?: RegExp][] = [
    ['a package', `import x from 'lodash'; x`, /Cannot find package "lodash"/, /nothing is installed|\.\//],
    ['a value of edgeyard', `import 'edgeyard'`, /types only/, /import type/],
    ['an absolute path', `import x from '/etc/passwd'; x`, /Cannot import "\/etc\/passwd"/],
    ['a file URL', `import x from 'file:///etc/passwd'; x`, /Cannot import "file:/],
    ['a data URL', `import x from 'data:text/javascript,1'; x`, /Cannot import "data:/],
    ['a path out of the commit', `import x from '../../../../etc/passwd'; x`, /outside of this repository/],
    ['a module node does not have', `import x from 'node:nothing'; x`, /node has no such module/],
    ['a folder', `import x from './'; x`, /Cannot find ".\/"/],
    ['a name no file can have', `import x from './a\\0b'; x`, /Cannot find/],
    ['a kind of file that is no code', `import x from './x.css'; x`, /only \.ts/],
    ['require of a package', `const x = require('lodash'); x`, /Cannot find package/],
    ['a JSX runtime by a comment', `/** @jsxImportSource evil */\nimport './a.tsx'`, /Cannot find "\.\/a\.tsx"/],
    ['top-level await', `await 1\nexport default {}`, /Top-level await/, /"start" hook/],
  ]
  for (const [title, text, message, hint] of REFUSED) {
    it(`refuses ${title}`, async () => {
      const { diagnostics } = await failure({ 'src/main.ts': text, 'src/x.css': 'a {}' })
      assert.match(diagnostics[0]!.message, message)
      if (hint) assert.match(diagnostics[0]!.hint ?? '', hint)
    })
  }

  const LEAKS: readonly [title: string, files: Readonly<Record<string, string>>][] = [
    [
      'a pattern in disguise',
      { 'src/main.ts': 'export default (n: string) => (r\\u0065quire as any)(/*a*/ "../../" + `${n}.json`)' },
    ],
    [
      'a pattern by an enum',
      { 'src/main.ts': 'const enum E { A = "../../" }\nexport default (n: string) => import(E.A + n + ".json")' },
    ],
    [
      'a pattern with a comment',
      { 'src/main.ts': 'export default (n: string) => import(/* @vite-ignore */\n// x\n`../../${n}.json`)' },
    ],
    ['a pattern by concat', { 'src/main.ts': 'export default (n: string) => import("../../".concat(n, ".json"))' }],
    [
      'a pattern that begins with nothing',
      { 'src/main.ts': 'export default (n: string) => import("" + "../" + "../" + n)' },
    ],
    ['a pattern in one case', { 'src/main.ts': 'export default (n: string) => require(n ? "../../" + n : "./a")' }],
    ['a pattern behind a comma', { 'src/main.ts': 'export default (n: string) => import((0, /* ) */ `../../${n}`))' }],
    ['a pattern in a template', { 'src/main.ts': 'export default (n: string) => import(`${"../../"}${n}`)' }],
    ['a pattern of a spread', { 'src/main.ts': 'export default (n: string) => [...require("../../" + n)]' }],
    ['an import', { 'src/main.ts': `import s from '../../secret.json'; export default s` }],
    ['an absolute import', { 'src/main.ts': `import s from 'OUTER/secret.json'; export default s` }],
    ['require', { 'src/main.ts': `export default require('../../secret.json')` }],
    ['require.resolve', { 'src/main.ts': `export default require.resolve('../../secret.json')` }],
    ['an import with a pattern', { 'src/main.ts': 'export default (n: string) => import(`../../${n}.json`)' }],
    [
      'an import with a pattern that looks local',
      { 'src/main.ts': 'export default (n: string) => import(`./../../${n}.json`)' },
    ],
    ['a required pattern', { 'src/main.ts': 'export default (n: string) => require(`./../../${n}.json`)' }],
    [
      'an import as text',
      { 'src/main.ts': `import s from '../../secret.json' with { type: 'text' }; export default s` },
    ],
    [
      'an import as bytes',
      { 'src/main.ts': `import s from '../../secret.json' with { type: 'bytes' }; export default s` },
    ],
    ['a new URL', { 'src/main.ts': `export default new URL('../../secret.json', import.meta.url)` }],
    ['a source map comment', { 'src/main.ts': 'export default 1\n//# sourceMappingURL=../../secret.map\n' }],
    [
      'a source map comment in JavaScript',
      { 'src/main.ts': 'import "./a.js"', 'src/a.js': 'console.log(1)\n//# sourceMappingURL=OUTER/secret.map\n' },
    ],
    [
      'a source map comment that is a URL',
      { 'src/main.ts': 'export default 1\n//# sourceMappingURL=file://OUTER/secret.map\n' },
    ],
    [
      'a source map comment that is a URL of a broken map',
      { 'src/main.ts': 'export default 1\n//@ sourceMappingURL=file://localhostOUTER/secret.txt\n' },
    ],
    [
      'a source map comment of the other kind',
      { 'src/main.ts': 'export default 1\n/*# sourceMappingURL=file://OUTER/secret.map */' },
    ],
    [
      'a source map comment on a broken map',
      { 'src/main.ts': 'export default 1\n//# sourceMappingURL=../../secret.txt\n' },
    ],
    [
      'a tsconfig that extends one outside',
      {
        'src/main.ts': 'export default 1',
        'tsconfig.json': '{"extends":"../secret.txt"}',
        'src/tsconfig.json': '{"extends":"../../secret.json"}',
      },
    ],
    [
      'tsconfig paths',
      {
        'src/main.ts': `import s from 's'; export default s`,
        'tsconfig.json': '{"compilerOptions":{"baseUrl":".","paths":{"s":["../secret.json"]}}}',
      },
    ],
    [
      'a package.json that maps imports',
      {
        'src/main.ts': `import s from '#s'; export default s`,
        'package.json': '{"imports":{"#s":"../secret.json"},"browser":{"./src/main.ts":"../secret.json"}}',
      },
    ],
    ['a package in a folder above', { 'src/main.ts': `import s from 'secretpackage'; export default s` }],
    [
      'a package in the commit that leads outside',
      {
        'src/main.ts': `import s from './lib'; export default s`,
        'src/lib/package.json': '{"main":"../../../secret.json"}',
      },
    ],
  ]
  for (const [title, files] of LEAKS) {
    it(`shows nothing of the machine through ${title}`, async () => {
      const key = `{"key": "${SECRET}"}`
      await writeFile(join(outer, 'secret.json'), key)
      await writeFile(join(outer, 'secret.txt'), `${SECRET}\n`)
      await writeFile(
        join(outer, 'secret.map'),
        JSON.stringify({ version: 3, sources: ['a'], sourcesContent: [SECRET], names: [], mappings: 'AAAA' }),
      )
      await mkdir(join(outer, 'node_modules/secretpackage'), { recursive: true })
      await writeFile(join(outer, 'node_modules/secretpackage/index.js'), `module.exports = '${SECRET}'`)
      const named = Object.entries(files).map(([path, text]) => [path, text.replaceAll('OUTER', outer)])
      const said = await everything(Object.fromEntries(named))
      if (title.includes('pattern')) assert.match(said, /every imported file must be named/)
      assert.doesNotMatch(said, new RegExp(SECRET))
      if (process.env.SHOW) console.log(said.slice(0, 600))
    })
  }

  describe('with the common library', () => {
    let common: string

    beforeEach(async () => {
      common = join(outer, 'common-tree')
      await writeCommon({
        'backoff.ts':
          '/*! licensed ALPHA-SECRET */\n// BETA-SECRET\nimport { unit } from "./geo/unit.ts"\nimport { id } from "common/ids"\nexport const delay = (n: number): number => n * unit + id // GAMMA-SECRET\n',
        'ids.ts': 'export const id: number = 7\n',
        'geo/index.ts': 'import type { Log } from "edgeyard"\nexport const geo = (log?: Log) => log\n',
        'geo/unit.ts': 'export const unit: number = 1000\n',
        'backoff.test.ts': 'import "mocha"\n',
        'table.json': '{"a": 1}',
      })
    })

    async function writeCommon(files: Readonly<Record<string, string>>): Promise<void> {
      for (const [path, text] of Object.entries(files)) {
        await mkdir(dirname(join(common, path)), { recursive: true })
        await writeFile(join(common, path), text)
      }
    }

    async function broken(script: string): Promise<string> {
      await write({ 'src/main.ts': script })
      const error = await buildScripts(folder, ['src/main.ts'], common).then(
        () => assert.fail('built'),
        (thrown: EdgeyardError) => thrown,
      )
      return error.diagnostics.map(renderDiagnostic).join('\n')
    }

    it('bundles its modules, names their files in the map, and carries none of their text', async () => {
      await write({
        'src/main.ts': `import { delay } from 'common/backoff'
          import { geo } from 'common/geo'
          import table from 'common/table.json'
          export default { message: () => [delay(1), geo(), table] }\n`,
      })
      const { files } = await buildScripts(folder, ['src/main.ts'], common)
      const [code, map] = ['.js', '.map'].map((end) =>
        Buffer.from(files.find(({ path }) => path.endsWith(end))!.contents).toString(),
      ) as [string, string]
      assert.match(code, /n \* unit/)
      const { sources, sourcesContent } = JSON.parse(map) as { sources: string[]; sourcesContent: (string | null)[] }
      const texts = Object.fromEntries(sources.map((source, index) => [source, sourcesContent[index]]))
      assert.deepEqual(Object.keys(texts).sort(), [
        ...['../../common/backoff.ts', '../../common/geo/index.ts', '../../common/geo/unit.ts', '../../common/ids.ts'],
        ...['../../common/table.json', '../../src/main.ts'],
      ])
      for (const [source, text] of Object.entries(texts)) {
        assert.equal(text === null, source.startsWith('../../common/'), source)
      }
      for (const text of [code, map]) assert.doesNotMatch(text, /(ALPHA|BETA|GAMMA)-SECRET|: number/)
    })

    it('names the line of an unknown module, and what there is', async () => {
      assert.equal(
        await broken("\nimport { delay } from 'common/bakoff'\nexport default delay\n"),
        `src/main.ts:2:23: Cannot find "common/bakoff": the common library has common/backoff, common/geo, common/geo/unit, common/ids; did you mean "common/backoff"?
  import { delay } from 'common/bakoff'
                        ^^^^^^^^^^^^^^^`,
      )
    })

    it('names the line of an unknown export', async () => {
      assert.match(
        await broken("import { dely } from 'common/backoff'\nexport default dely\n"),
        /^src\/main\.ts:1:10: No matching export in "common\/backoff.ts" for import "dely"/,
      )
    })

    it('has no way out of it, in either direction', async () => {
      await writeFile(join(outer, 'secret.ts'), `export const secret = '${SECRET}'\n`)
      for (const path of [
        'common/../secret',
        'common/../../secret.ts',
        'common/geo/../../secret',
        `common/${outer}/secret`,
      ]) {
        const said = await broken(`import { secret } from '${path}'\nexport default secret\n`)
        assert.match(said, /^src\/main\.ts:1:\d+: Cannot (import|find) "common/, path)
        assert.doesNotMatch(said, new RegExp(SECRET))
      }
      await write({ 'src/own.ts': `export const own = '${SECRET}'\n` })
      for (const path of ['../release/src/own.ts', '../secret', '/etc/passwd', '#own', 'release:src/own.ts']) {
        await writeCommon({ 'ids.ts': `import { own } from '${path}'\nexport const id = own\n` })
        const said = await broken("import { id } from 'common/ids'\nexport default id\n")
        // The place, and not the line: that is the library's.
        assert.match(said, /^common\/ids\.ts:1:\d+: Cannot (import|find)/, path)
        assert.equal(
          said.split('\n').some((line) => line.includes('export const') || line.includes('import {')),
          false,
          said,
        )
      }
    })

    it('is not there for a commit that is built without it', async () => {
      await write({ 'src/main.ts': "import { id } from 'commo\\u006e/ids'\nexport default id\n" })
      const error = await buildScripts(folder, ['src/main.ts']).then(
        () => assert.fail('built'),
        (thrown: EdgeyardError) => thrown,
      )
      assert.match(error.diagnostics[0]!.message, /built without the common library/)
    })

    it('is checked by itself, each module, with its own lines for the operator', async () => {
      const { modules } = await checkCommon(common)
      assert.deepEqual(modules, ['backoff', 'geo', 'geo/unit', 'ids'])
      await writeCommon({
        'ids.ts': 'export const id = = 7\n',
        'geo/unit.ts': 'import { x } from "./nothing.ts"\nexport const unit = x\n',
      })
      const error = await checkCommon(common).then(
        () => assert.fail('built'),
        (thrown: EdgeyardError) => thrown,
      )
      const said = error.diagnostics.map(renderDiagnostic).join('\n')
      assert.match(said, /common\/ids\.ts:1:19: Unexpected "="\n {2}export const id = = 7/)
      assert.match(said, /common\/geo\/unit\.ts:1:19: Cannot find ".\/nothing.ts"/)
    })
  })
})
