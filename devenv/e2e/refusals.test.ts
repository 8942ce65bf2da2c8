// Everything that may be wrong with a push is told at its line, and what runs does not notice.
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { httpGet, Session } from './clients.ts'
import { namedScript } from './scripts.ts'
import { type Clone, type Run, sharedYard, type TestYard } from './yard.ts'

/** `src/main.ts:3:11: `, `dev1:socketserver.values.yaml:19:9: `, and `socketserver.conf (master):1:1: ` of a rendered conf. */
const PLACE = /^(?:\w+:)?([\w/.-]+\.(?:ts|hbs|yaml|conf))( \(\w+\))?:(\d+):(\d+): /

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
    const before = await yard.standing()
    const pushed = await clone.push()
    assert.notEqual(pushed.exitCode, 0, `accepted:\n${pushed.output}`)
    assert.deepEqual(await yard.standing(), before)
    await assertCarets(clone, pushed)
    return pushed
  }

  /** Every place that was told is in a pushed file: the line below it is that line, the caret stands under the column. */
  async function assertCarets(clone: Clone, { stderr }: Run): Promise<void> {
    const told = stderr.split('\n').map((line) => line.replace(/^remote: /, '').trimEnd())
    const places = told.flatMap((text, at) => {
      const place = PLACE.exec(text)
      if (place === null) return []
      const [, file = '', rendered, line, column] = place
      return [{ at, file: rendered === undefined ? file : `${file}.hbs`, line: Number(line), column: Number(column) }]
    })
    assert.ok(places.length > 0, `no place was told:\n${stderr}`)
    for (const { at, file, line, column } of places) {
      const lines = (await readFile(join(clone.folder, file), 'utf8')).split('\n')
      const shown = lines[line - 1] ?? ''
      if (shown === '') continue
      assert.equal(told[at + 1]?.slice(2), shown.trimEnd(), stderr)
      assert.equal(told[at + 2]?.slice(2).indexOf('^'), column - 1, stderr)
    }
  }

  describe('in a script', () => {
    let clone: Clone
    let session: Session
    const stop = new AbortController()
    let asking: Promise<string[]>
    before(async () => {
      clone = await yard.clone('socketserver', 'dev1')
      await clone.ship({ 'src/main.ts': namedScript('standing') })
      const { url } = await yard.sandbox('socketserver', 'dev1')
      session = await Session.open(url)
      asking = askAllTheTime(url.replace('ws:', 'http:'), stop.signal)
    })
    after(() => stop.abort())

    const main = (...lines: string[]) => ({ 'src/main.ts': lines.join('\n') })
    const message = 'message() {}'
    const cases: Case[] = [
      ['with a syntax error', main('export default {', '  message( {', '}'), /src\/main\.ts:\d+:\d+: /, /\^/],
      [
        'with an import that does not exist',
        main("import { x } from './missing.ts'", `export default { ${message}, x }`),
        /src\/main\.ts:1:19: .*missing/,
        /\^/,
      ],
      [
        'with an import of a package',
        main("import chalk from 'chalk'", `export default { ${message}, chalk }`),
        /src\/main\.ts:1:19: .*chalk/,
      ],
      [
        'that throws at top level',
        main(
          'const config: { port?: number } = {}',
          '',
          "if (!config.port) throw new Error('no port')",
          `export default { ${message} }`,
        ),
        /src\/main\.ts:3:25: .*no port/,
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
        /src\/main\.ts:3:11: .*no table/,
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

    it('serves the old release throughout, on new connections and on the one that was open', async () => {
      assert.equal(await session.ask('still'), 'standing:still')
      await session.close()
      stop.abort()
      const answers = await asking
      assert.ok(answers.length > cases.length, `${answers.length} answers`)
      assert.deepEqual([...new Set(answers)], ['standing'])
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

    /** Pushed by the operator over the local path: only they may change master. `placed`: the mistake is in a file. */
    async function refuseMaster(path: string, change: (text: string) => string, placed = true): Promise<string> {
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
        const standing = await yard.standing()
        const pushed = await clone.git('push', repository, 'HEAD:refs/heads/master')
        assert.notEqual(pushed.exitCode, 0, `accepted:\n${pushed.output}`)
        assert.deepEqual(await yard.standing(), standing)
        if (placed) await assertCarets(clone, pushed)
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

    it('with a port that the yard itself listens on', async () => {
      const { ssh } = await yard.status()
      const output = await refuseMaster('socketserver.values.yaml', (values) =>
        values.replace(/^(dev2:.*LISTEN: *)\d+/m, `$1${ssh.port}`),
      )
      assert.match(output, /socketserver\.values\.yaml:\d+:\d+: .*ssh/)
    })

    it('with a port that a program outside the yard holds', async () => {
      const stranger = createServer()
      await new Promise<void>((resolve) => stranger.listen(0, '127.0.0.1', resolve))
      try {
        const { port } = stranger.address() as AddressInfo
        const take = (values: string) => values.replace(/^(dev2:.*LISTEN: *)\d+/m, `$1${port}`)
        const output = await refuseMaster('socketserver.values.yaml', take, false)
        assert.ok(output.includes(`port ${port}`) && output.includes(`in use by pid ${process.pid}`), output)
      } finally {
        stranger.close()
      }
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

/** What a server says on new connections, error or answer, until it is enough. */
async function askAllTheTime(url: string, stop: AbortSignal): Promise<string[]> {
  const answers: string[] = []
  while (!stop.aborted) {
    answers.push(await httpGet(url).then(({ body }) => body, String))
    await new Promise((resolve) => setTimeout(resolve, ASK_EVERY_MS))
  }
  return answers
}

const ASK_EVERY_MS = 20
