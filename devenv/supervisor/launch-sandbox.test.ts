// A release that is not whole is built with every script of the conf before anything is started of it.
import assert from 'node:assert/strict'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { builtPath, releaseName } from '../../servers/contract/release.ts'
import { readSandboxConf } from '../sandbox/sandbox-conf.ts'
import type { Sandbox } from './sandbox.ts'
import { createFakeYard, type FakeYard } from './testing/fake-yard.ts'

const NAME = { server: 'socketserver', developer: 'dev1' } as const

/** Notes how it was called, and builds nothing of what it is asked for but in name. */
const BUILDER = `
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
const args = process.argv.slice(2)
const folder = args[args.indexOf('--root') + 1]
appendFileSync(join(folder, 'builds'), JSON.stringify(args.slice(args.indexOf('--commit') + 2)) + '\\n')
const release = join(folder, 'socketserver/dev1/releases', args[args.indexOf('--commit') + 1].slice(0, 12))
args.forEach((arg, at) => {
  if (args[at - 1] !== '--script') return
  for (const file of [arg, 'build/' + arg.replace('.ts', '.js')]) {
    mkdirSync(dirname(join(release, file)), { recursive: true })
    writeFileSync(join(release, file), '')
  }
})
`

describe('the start of a sandbox', () => {
  let yard: FakeYard
  let sandbox: Sandbox
  beforeEach(async () => {
    yard = await createFakeYard()
    sandbox = await yard.sandbox(NAME)
    const program = join(yard.context.projectRoot, 'dist/hooks/build-release.js')
    await mkdir(dirname(program), { recursive: true })
    await writeFile(join(yard.context.projectRoot, 'package.json'), '{ "type": "module" }')
    await writeFile(program, BUILDER)
  })
  afterEach(async () => {
    await sandbox.close()
    await yard.remove()
  })
  const builds = async () => await readFile(join(yard.context.layout.root, 'builds'), 'utf8').catch(() => '')

  it('builds what its conf runs and the release lacks, with all of its scripts, once', async () => {
    const { commit, conf } = await yard.target(NAME, 1, '')
    const text = conf.text.replace('location /', 'location /more { script src/more.ts; } location /')
    const target = { commit, conf: readSandboxConf(NAME, text) }
    assert.deepEqual(target.conf.scripts, ['src/more.ts', 'src/main.ts'])
    assert.equal(await sandbox.move(async () => target), null)
    const all = '["--script","src/more.ts","--script","src/main.ts"]\n'
    assert.equal(await builds(), all)
    assert.equal(await sandbox.move(async () => target, { again: true }), null)
    assert.equal(await builds(), all)
    const release = yard.context.layout.sandbox(NAME).release(releaseName(commit))
    await rm(join(release, builtPath('src/main.ts')))
    assert.equal(await sandbox.move(async () => target, { again: true }), null)
    assert.equal(await builds(), all + all)
  })

  it('builds a whole release that was tidied away', async () => {
    const target = await yard.target(NAME, 1, '')
    await rm(yard.context.layout.sandbox(NAME).release(releaseName(target.commit)), { recursive: true })
    assert.equal(await sandbox.move(async () => target), null)
    assert.equal(await builds(), '["--script","src/main.ts"]\n')
  })
})
