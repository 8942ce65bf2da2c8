import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createScriptSource, type ScriptSourceOptions } from './script-source.ts'
import { createStackMapper } from './stack-mapper.ts'
import { collectGarbage } from './watchdog/collect-garbage.ts'

const SWAPS = 10_000
/** Of each version: were they kept, they would be 100 MB. */
const VERSION_BYTES = 5_000
const GROWTH_BYTES_MAX = 8 * 1024 * 1024

describe('the source of a script', () => {
  let release: string
  const write = (text: string) => writeFileSync(join(release, 'build/src/main.js'), text)
  /** A clock that is always late enough for another look. */
  let clock = 0
  const create = (options: Partial<ScriptSourceOptions>) =>
    createScriptSource({
      release,
      file: 'src/main.ts',
      codeCache: 'stat',
      stacks: createStackMapper(),
      timers: globalThis,
      runLimited: (run) => run(),
      now: () => {
        clock += 1000
        return clock
      },
      onBroken: (thrown) => assert.fail(String(thrown)),
      onWarning: () => {},
      onChange: () => {},
      ...options,
    })

  beforeEach(() => {
    release = mkdtempSync(join(tmpdir(), 'edge-source-'))
    mkdirSync(join(release, 'build/src'), { recursive: true })
  })
  afterEach(() => rmSync(release, { recursive: true }))

  /** Its size tells each version from the last, whatever the clock of the disk. */
  const version = (n: number) =>
    `const data = '${String(n).padEnd(VERSION_BYTES + (n % 2), 'x')}'
     module.exports.default = { fetch: () => Number(data.replaceAll('x', '')) }`

  it(`keeps nothing of ${SWAPS} versions that were swapped`, function () {
    this.timeout(60_000)
    write(version(0))
    const source = create({})
    const next = source.open()
    const swap = (n: number) => {
      write(version(n))
      if (n % 100 === 0) assert.equal((next().fetch as () => number)(), n)
      else next()
    }
    for (let n = 1; n <= 500; n++) swap(n)
    const before = heapBytes()
    for (let n = 501; n <= SWAPS; n++) swap(n)
    assert.ok(heapBytes() - before < GROWTH_BYTES_MAX, `${heapBytes() - before} bytes more`)
  })

  it(`keeps nothing of ${SWAPS} fresh modules when code is not cached`, () => {
    write(
      `let count = 0; const data = new Array(2500).fill(0.5); module.exports.default = { fetch: () => ++count + data.length }`,
    )
    const source = create({ codeCache: 'off' })
    const ask = () => assert.equal((source.open()().fetch as unknown as () => number)(), 2501)
    for (let n = 0; n < 500; n++) ask()
    const before = heapBytes()
    for (let n = 0; n < SWAPS; n++) ask()
    assert.ok(heapBytes() - before < GROWTH_BYTES_MAX, `${heapBytes() - before} bytes more`)
  })

  it('warns once of what a script leaves on globalThis', () => {
    const warnings: string[] = []
    const onWarning = (warning: string) => warnings.push(warning)
    write('leftByTheScript = 1; module.exports.default = { fetch() {} }')
    try {
      const source = create({ onWarning })
      write('leftByTheScript = 2; module.exports.default = { fetch() {  } }')
      source.open()()
      assert.equal(warnings.length, 1)
      assert.match(warnings[0]!, /src\/main\.ts leaves "leftByTheScript" on globalThis/)
    } finally {
      Reflect.deleteProperty(globalThis, 'leftByTheScript')
    }
  })

  it('tells once what is broken, and serves on with the last good code', () => {
    const broken: unknown[] = []
    write('module.exports.default = { fetch: () => 1 }')
    const source = create({ onBroken: (thrown) => broken.push(thrown) })
    const next = source.open()
    write('module.exports.default = { fetch: () => 2 ')
    for (let n = 0; n < 3; n++) assert.equal((next().fetch as unknown as () => number)(), 1)
    assert.equal(broken.length, 1)
    assert.ok(broken[0] instanceof SyntaxError)
    write('module.exports.default = { fetch: () => 3 }')
    assert.equal((next().fetch as unknown as () => number)(), 3)
  })
})

function heapBytes(): number {
  collectGarbage()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}
