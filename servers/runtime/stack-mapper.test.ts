import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startEdgeServer } from '../testing/edge-server.ts'
import { mappedRelease } from '../testing/mapped-release.ts'
import { createSandboxFolder, type SandboxFolder } from '../testing/sandbox-folder.ts'
import { compileScript } from './load-script.ts'
import { createStackMapper } from './stack-mapper.ts'

describe('stacks', () => {
  let sandbox: SandboxFolder
  let stack: string
  let builtFile: string

  before(async () => {
    sandbox = await createSandboxFolder({ files: mappedRelease() })
    builtFile = join(sandbox.prefix, 'build/src/main.js')
    const { default: script } = compileScript(builtFile, globalThis)() as { default: { fetch(): void } }
    try {
      script.fetch()
    } catch (error) {
      stack = (error as Error).stack!
    }
  })
  after(() => sandbox.remove())

  it('are shown in TypeScript lines, relative to the release, a library after the own frames and the runtime left out', () => {
    const stacks = createStackMapper()
    stacks.add(builtFile, sandbox.prefix)
    const [head, ...frames] = stacks.map(stack).split('\n')
    assert.equal(head, 'Error: no ada')
    assert.deepEqual(frames.slice(0, 3), [
      '    at src/main.ts:11:13',
      '    at Object.fetch (src/main.ts:10:12)',
      '    at call (node_modules/lib/index.js:3:10)',
    ])
    assert.ok(frames.every((frame) => !frame.includes(sandbox.prefix)))
  })

  it('leave the runtime out, also where it only waited', () => {
    const stacks = createStackMapper()
    stacks.add(builtFile, sandbox.prefix)
    const waited = new URL('./main.js', import.meta.url).href
    const mapped = stacks.map(`${stack}\n    at async ${waited}:47:10`)
    assert.equal(mapped, stacks.map(stack))
  })

  it("show the runtime's own frames in its sources, where nothing else is to be shown", () => {
    const bundle = fileURLToPath(new URL('../../edge-server/server.cjs', import.meta.url))
    const lines = readFileSync(bundle, 'utf8').split('\n')
    const row = lines.findIndex((line) => line.includes('edge-server version'))
    const column = lines[row]!.indexOf('process.stderr.write(`edge-server version')
    const mapped = createStackMapper().map(`Error: x\n    at main (${bundle}:${row + 1}:${column + 1})`)
    assert.match(mapped, /^Error: x\n {4}at main \(edgeyard:servers\/runtime\/main\.ts:\d+:\d+\)$/)
  })

  it('name the first frame that is the own', () => {
    const stacks = createStackMapper()
    stacks.add(builtFile, sandbox.prefix)
    assert.deepEqual(stacks.first(stack), { file: 'src/main.ts', line: 11, column: 13 })
    assert.equal(stacks.first('Error: x\n    at y (node:fs:1:2)'), undefined)
    assert.equal(stacks.first('no frames at all'), undefined)
  })

  it('keep a message of several lines, also one that looks like a frame', () => {
    const stacks = createStackMapper()
    const strange = 'Error: a\nb\n    at nowhere in particular'
    assert.equal(stacks.map(strange), strange)
  })

  it('are shown in the lines of the build when there is no map', async () => {
    const bare = await createSandboxFolder({ files: { 'build/src/main.js': '\n  throw new Error("top")' } })
    const file = join(bare.prefix, 'build/src/main.js')
    const stacks = createStackMapper()
    stacks.add(file, bare.prefix)
    try {
      compileScript(file, globalThis)()
      assert.fail('must throw')
    } catch (error) {
      assert.deepEqual(stacks.first((error as Error).stack!), { file: 'build/src/main.js', line: 2, column: 9 })
    } finally {
      await bare.remove()
    }
  })

  it('of a served script reach the log in TypeScript lines', async () => {
    const server = await startEdgeServer(sandbox.prefix)
    try {
      assert.equal((await fetch(server.url)).status, 500)
      await server.log.until(/^ +at src\/main\.ts:11:13$/)
      await server.log.until(/^ +at Object\.fetch \(src\/main\.ts:10:12\)$/)
    } finally {
      await server.kill()
    }
  })
})
