import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { includeFiles } from './include-files.ts'
import { testConf } from './test-conf.ts'

describe('include of files', () => {
  let folder: string
  let conf: string

  const write = async (file: string, text: string) => {
    await mkdir(dirname(join(folder, file)), { recursive: true })
    await writeFile(join(folder, file), text)
  }
  const names = (pattern: string) => includeFiles(pattern, conf).map(({ file }) => file.slice(folder.length + 1))

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'include-'))
    conf = join(folder, 'conf/server.conf')
    await write('conf/server.conf', 'edge {\n  server {\n    listen 0;\n    include sites/*.conf;\n  }\n}\n')
    await write('conf/sites/b.conf', 'location /b { return 200 "b\\n"; }\n')
    await write('conf/sites/a.conf', 'location /a { return 200 "a\\n"; }\n')
    await write('conf/sites/.hidden.conf', 'wrong;')
    await write('conf/sites/c.conf.old', 'wrong;')
    await write('conf/more/x/one.conf', '')
    await write('conf/more/y/two.conf', '')
    await write('conf/a[1].conf', '')
  })
  after(() => rm(folder, { recursive: true }))

  for (const [pattern, expected] of [
    ['sites/*.conf', ['conf/sites/a.conf', 'conf/sites/b.conf']],
    ['sites/?.conf', ['conf/sites/a.conf', 'conf/sites/b.conf']],
    ['sites/[!a].conf', ['conf/sites/b.conf']],
    ['sites/.*.conf', ['conf/sites/.hidden.conf']],
    ['more/*/*.conf', ['conf/more/x/one.conf', 'conf/more/y/two.conf']],
    ['more/*/one.conf', ['conf/more/x/one.conf']],
    ['../conf/sites/a.c*', ['conf/sites/a.conf']],
    ['a[[]1].conf', ['conf/a[1].conf']],
    ['none/*.conf', []],
    ['sites/a.conf', ['conf/sites/a.conf']],
  ] as const) {
    it(`finds ${expected.join(', ') || 'nothing'} for ${pattern}`, () => assert.deepEqual(names(pattern), expected))
  }

  it('takes an absolute pattern', () => {
    assert.equal(includeFiles(join(folder, 'conf/sites/*.conf'), '/elsewhere/server.conf').length, 2)
  })

  it('is shown by -T, each file behind its name', async () => {
    const { exitCode, stdout } = await testConf({ prefix: folder, conf, release: folder }, { dump: true })
    assert.equal(exitCode, 0)
    assert.deepEqual(
      [...stdout.matchAll(/^# configuration file (.*):$/gm)].map(([, file]) => file!.slice(folder.length + 1)),
      ['conf/server.conf', 'conf/sites/a.conf', 'conf/sites/b.conf'],
    )
  })

  it('is told of by -t at its place in its file', async () => {
    await write('conf/sites/z.conf', 'location /z {\n  script src/missing.ts;\n}\n')
    const { exitCode, stderr } = await testConf({ prefix: folder, conf, release: folder }, { dump: false })
    assert.equal(exitCode, 1)
    assert.match(stderr, /conf\/sites\/z\.conf:2:10: The release has no script "src\/missing\.ts"/)
  })
})
