// Everything that may be wrong with a push is told at its line, and what runs does not notice.
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { namedScript } from './scripts.ts'
import { type Clone, type Run, sharedYard, type TestYard } from './yard.ts'

/** A refused push: what was changed, and what the developer must read. */
type Case = [what: string, files: Record<string, string>, ...expected: RegExp[]]

describe('a push that is wrong', function () {
  this.timeout(120_000)
  let yard: TestYard

  before(async () => {
    yard = await sharedYard()
  })

  /** Pushes the files and shows that the push was refused and that nothing has changed. */
  async function refuse(clone: Clone, files: Record<string, string>): Promise<Run> {
    await clone.reset()
    for (const [path, text] of Object.entries(files)) await clone.write(path, text)
    await clone.commit('Wrong')
    const refs = (await clone.must('ls-remote', 'origin')).stdout
    const pids = await yard.pids()
    const pushed = await clone.push()
    assert.notEqual(pushed.exitCode, 0, `accepted:\n${pushed.output}`)
    assert.equal((await clone.must('ls-remote', 'origin')).stdout, refs)
    assert.deepEqual(await yard.pids(), pids)
    return pushed
  }

  describe('in a script', () => {
    let clone: Clone
    before(async () => {
      clone = await yard.clone('socketserver', 'dev1')
      await clone.ship({ 'src/main.ts': namedScript('standing') })
    })

    const main = (...lines: string[]) => ({ 'src/main.ts': lines.join('\n') })
    const message = 'message() {}'
    const cases: Case[] = [
      ['with a syntax error', main('export default {', '  message( {', '}'), /src\/main\.ts:\d+:\d+: /, /\^/],
      [
        'with an import that does not exist',
        main("import { x } from './missing.ts'", `export default { ${message}, x }`),
        /src\/main\.ts:1:\d+: .*missing/,
        /\^/,
      ],
      [
        'with an import of a package',
        main("import chalk from 'chalk'", `export default { ${message}, chalk }`),
        /src\/main\.ts:1:\d+: .*chalk/,
      ],
      [
        'that throws at top level',
        main(
          'const config: { port?: number } = {}',
          '',
          "if (!config.port) throw new Error('no port')",
          `export default { ${message} }`,
        ),
        /src\/main\.ts:3:\d+: .*no port/,
        /if \(!config\.port\)/,
        /\^/,
      ],
      [
        'whose start rejects',
        main(
          'export default {',
          '  async start() {',
          "    throw new TypeError('no table')",
          '  },',
          `  ${message},`,
          '}',
        ),
        /src\/main\.ts:3:\d+: .*no table/,
        /\^/,
      ],
      [
        'whose start hangs',
        main(
          'export default {',
          "  async start(worker) { worker.ctx.log.info('waiting for Godot'); await new Promise(() => {}) },",
          `  ${message},`,
          '}',
        ),
        /src\/main\.ts:2:\d+: /,
        /ready/,
        /waiting for Godot/,
      ],
      [
        'that blocks while it is loaded',
        main('for (;;) {}', `export default { ${message} }`),
        /src\/main\.ts:1:\d+: /,
        /ready/,
      ],
      ['that ends its own process', main('process.exit(0)', `export default { ${message} }`), /src\/main\.ts:1:\d+: /],
      ['without any hook', main('export default {}'), /src\/main\.ts:1:\d+: /],
      ['whose src/main.ts is empty', { 'src/main.ts': '' }, /src\/main\.ts:1:\d+: /],
    ]
    for (const [what, files, ...expected] of cases) {
      it(what, async () => {
        const { output } = await refuse(clone, files)
        for (const pattern of expected) assert.match(output, pattern)
      })
    }

    it('serves the old release throughout', async () => {
      const mine = await yard.sandbox('socketserver', 'dev1')
      assert.equal(mine.state, 'ready')
      assert.equal(mine.restarts, 0)
    })
  })

  describe('in the configuration', () => {
    let clone: Clone
    before(async () => {
      clone = await yard.clone('serverctrl', 'dev1')
    })

    async function text(path: string): Promise<string> {
      await clone.reset()
      return await readFile(join(clone.folder, path), 'utf8')
    }

    /** Pushed by the operator over the local path: only they may change master. */
    async function refuseMaster(path: string, change: (text: string) => string): Promise<string> {
      const repository = join(yard.root, 'git/serverctrl.git')
      await clone.reset()
      await clone.must('fetch', '-q', 'origin', 'master')
      await clone.must('checkout', '-q', '-B', 'operator', 'FETCH_HEAD')
      try {
        const before = await readFile(join(clone.folder, path), 'utf8')
        const after = change(before)
        assert.notEqual(after, before, 'the test changes nothing')
        await clone.write(path, after)
        await clone.commit('Wrong')
        const pids = await yard.pids()
        const pushed = await clone.git('push', repository, 'HEAD:refs/heads/master')
        assert.notEqual(pushed.exitCode, 0, `accepted:\n${pushed.output}`)
        assert.deepEqual(await yard.pids(), pids)
        return pushed.output
      } finally {
        await clone.must('checkout', '-q', '-f', 'dev1')
      }
    }

    it('with an unknown directive', async () => {
      const output = await refuseMaster('socketserver.conf.hbs', (conf) => `worker_proceses 1;\n${conf}`)
      assert.match(output, /socketserver\.conf.*:1:1: .*worker_proceses/)
      assert.match(output, /worker_processes/)
      assert.match(output, /\^/)
    })

    it('with an unknown template name', async () => {
      const output = await refuseMaster('socketserver.conf.hbs', (conf) => `# {{LISTN}}\n${conf}`)
      assert.match(output, /socketserver\.conf\.hbs:1:\d+: .*LISTN/)
    })

    it('with an override without a master key', async () => {
      const output = await refuseMaster('socketserver.values.yaml', (values) =>
        values.replace(/^dev2:.*$/m, (line) => line.replace('{', '{ LISTENN: 1, ')),
      )
      assert.match(output, /socketserver\.values\.yaml:\d+:\d+: .*LISTENN/)
    })

    it('with a port that another sandbox has', async () => {
      const theirs = await yard.sandbox('socketserver', 'dev1')
      const output = await refuseMaster('socketserver.values.yaml', (values) =>
        values.replace(/^(dev2:.*LISTEN: *)\d+/m, `$1${theirs.port}`),
      )
      assert.match(output, /socketserver\.values\.yaml:\d+:\d+: /)
      assert.ok(output.includes(String(theirs.port)) && output.includes('dev1') && output.includes('dev2'), output)
    })

    it("that touches another developer's section", async () => {
      const values = await text('socketserver.values.yaml')
      const { output } = await refuse(clone, {
        'socketserver.values.yaml': values.replace(/^dev2:.*$/m, (line) => line.replace('{', '{ LOG_LEVEL: debug, ')),
      })
      assert.match(output, /socketserver\.values\.yaml/)
      assert.match(output, /dev2/)
    })

    it('that sets a key the operator keeps', async () => {
      const values = await text('socketserver.values.yaml')
      const { output } = await refuse(clone, {
        'socketserver.values.yaml': values.replace(/^(dev1:.*LISTEN: *)\d+/m, '$19999'),
      })
      assert.match(output, /socketserver\.values\.yaml:\d+:\d+: .*LISTEN/)
    })
  })
})
