import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { hashSecret } from '../servers/contract/access.ts'
import { EdgeyardError } from '../servers/contract/errors.ts'
import type { YardStatus } from './control/protocol.ts'
import { type ControlHandlers, serveControl } from './control/serve.ts'
import { runCommand, runOk } from './exec/run-command.ts'
import { yardLayout } from './sandbox/layout.ts'
import { holdRoot } from './supervisor/hold-root.ts'

const CLI = fileURLToPath(new URL('./cli.js', import.meta.url))

describe('edgeyard', () => {
  let folder: string
  let root: string
  const closers: (() => Promise<void>)[] = []
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'edgeyard-cli-'))
    root = join(folder, 'yard')
    await mkdir(join(root, 'state'), { recursive: true })
  })
  afterEach(async () => {
    for (const close of closers.splice(0)) await close()
    await rm(folder, { recursive: true, force: true })
  })

  /** `edgeyard ARGS` with EDGEYARD_ROOT set. */
  const edgeyard = async (...args: string[]) => {
    const env = { PATH: process.env.PATH ?? '', HOME: folder, EDGEYARD_ROOT: root }
    const ended = await runCommand(
      { file: process.execPath, args: [CLI, ...args], cwd: folder, env },
      { timeoutMs: 20_000 },
    )
    return { exitCode: ended.exitCode, stdout: String(ended.stdout), stderr: ended.stderr }
  }
  const daemon = async (handlers: Partial<ControlHandlers>) => {
    const served = await serveControl(yardLayout(root).control, handlers as ControlHandlers)
    closers.push(served.close)
  }
  const makeKey = async (name: string) => {
    const file = join(folder, name)
    await runOk({ file: 'ssh-keygen', args: ['-q', '-t', 'ed25519', '-N', '', '-C', `${name}@home`, '-f', file] })
    return `${file}.pub`
  }
  const sandbox = (developer: string, state: string) =>
    ({ server: 'dtserver', developer, state, url: 'ws://h:1/dt', port: 1, release: null, restarts: 0, pid: 1 }) as never

  it('explains itself, each command with an example', async () => {
    const { stdout, exitCode } = await edgeyard('--help')
    assert.equal(exitCode, 0)
    for (const word of ['up', 'down', 'status', 'dev', 'logs', 'render', 'restart', 'stop', 'start', 'doctor']) {
      assert.match(stdout, new RegExp(`^  ${word}\\b`, 'm'))
    }
    assert.match((await edgeyard('dev', 'add', '--help')).stdout, /Examples:\n {2}edgeyard dev add ana --key ana\.pub/)
  })

  it('does not take a mistyped root for an empty yard', async () => {
    const elsewhere = join(folder, 'elsewhere')
    for (const args of [['logs', 'socketserver'], ['dev', 'list'], ['status'], ['down']]) {
      const { exitCode, stderr } = await edgeyard(...args, '--root', elsewhere)
      assert.equal(exitCode, 1)
      assert.ok(stderr.includes(`There is no yard in ${elsewhere}`), stderr)
    }
    assert.ok((await edgeyard('--root', elsewhere, 'status')).stderr.includes(`There is no yard in ${elsewhere}`))
    await assert.rejects(stat(elsewhere), { code: 'ENOENT' })
  })

  it('ends with 2 when it is called wrongly, and says what was meant', async () => {
    const table: [string[], RegExp][] = [
      [[], /Usage/],
      [['stauts'], /unknown command 'stauts'\n.*Did you mean status/],
      [['status', '--jsn'], /Did you mean --json\?/],
      [['up', '--ports-from', '80'], /1024 to 65535/],
      [['restart', 'dtserver'], /missing required argument 'developer'/],
      [['status', 'more'], /too many arguments/],
      [['completion', 'fish'], /Allowed choices are bash, zsh/],
      [['render'], /--check/],
      [['dev', 'token'], /say whose token: NAME or --operator/],
      [['dev', 'token', 'ana', '--operator'], /say whose token: NAME or --operator/],
    ]
    for (const [args, message] of table) {
      const { exitCode, stderr, stdout } = await edgeyard(...args)
      assert.equal(exitCode, 2, args.join(' '))
      assert.match(stderr, message)
      assert.equal(stdout, '')
    }
  })

  it('says on stderr that no daemon runs; down has nothing to do then', async () => {
    for (const args of [
      ['status', '--json'],
      ['restart', 'dtserver', 'dev1'],
    ]) {
      const { exitCode, stdout, stderr } = await edgeyard(...args)
      assert.deepEqual([exitCode, stdout], [1, ''])
      assert.match(stderr, /^edgeyard: .*\(YARD_NOT_RUNNING\)\n$/)
    }
    assert.equal((await edgeyard('down')).exitCode, 0)
    assert.match((await edgeyard('render', '--check')).stderr, /There is nothing to render: the yard was never up/)
  })

  it('says of a daemon that has lost its socket when to try again, and else how to come by another', async () => {
    const held = await holdRoot(root)
    const { exitCode, stderr } = await edgeyard('status')
    await held.letGo()
    assert.equal(exitCode, 1)
    const socket = yardLayout(root).control
    assert.ok(stderr.includes(`a daemon of this yard runs (pid ${process.pid}), but its socket ${socket}`), stderr)
    assert.match(stderr, /anew within 5 s, .*: kill -9 \d+, then "npx edgeyard up".*\(YARD_RUNNING\)/)
  })

  it('prints the status for programs as it is, and nothing else on stdout', async () => {
    const status = { root, pid: 1, sandboxes: [sandbox('dev1', 'ready')] } as unknown as YardStatus
    await daemon({
      status: async (_params, progress) => {
        progress('looking')
        return status
      },
    })
    const { stdout, stderr } = await edgeyard('status', '--json')
    assert.deepEqual(JSON.parse(stdout), status)
    assert.equal(stderr, 'looking\n')
  })

  it('tells by status and up whom yard.yml names and nobody is', async () => {
    await edgeyard('dev', 'add', 'dev1')
    const status = {
      root,
      version: '0.1.0',
      pid: 1,
      ssh: { host: 'h', port: 1 },
      viewer: { url: 'http://h:2/' },
      mysql: {},
      redis: [],
      common: { commit: null },
      sandboxes: [],
    }
    await daemon({ status: async () => status as unknown as YardStatus, up: async () => ({}) })
    await writeFile(join(root, 'yard.yml'), 'limits:\n  developers:\n    dv1: { memory: 2g }\n')
    const stranger = /^yard\.yml:3:5: limits of "dv1" count for nobody: .*; did you mean "dev1"\?$/m
    for (const args of [['status', '--json'], ['up'], ['up', '--detach']]) {
      const { stderr } = await edgeyard(...args)
      assert.match(stderr, stranger)
    }
    assert.deepEqual(JSON.parse((await edgeyard('status', '--json')).stdout), status)
  })

  it('restarts, and tells by its exit code whether the sandbox is what it should be', async () => {
    await daemon({
      restart: async ({ developer }, progress) => {
        progress('booting')
        return sandbox(developer, 'ready')
      },
      start: async ({ developer }) => sandbox(developer, 'failed'),
    })
    assert.deepEqual(await edgeyard('restart', 'dtserver', 'dev1'), {
      exitCode: 0,
      stdout: 'dtserver of dev1 is ready\n',
      stderr: 'booting\n',
    })
    assert.equal((await edgeyard('start', 'dtserver', 'dev1')).exitCode, 1)
    assert.match((await edgeyard('stop', 'bash', 'dev1')).stderr, /SANDBOX_UNKNOWN/)
  })

  it('shows the places that an error blames, without colours and control characters', async () => {
    const at = {
      file: 'dtserver.values.yaml',
      line: 3,
      column: 5,
      message: 'bad \u001b[31mport',
      lineText: '  LISTEN: x',
    }
    await daemon({
      restart: async () => {
        throw new EdgeyardError('VALUES_INVALID', 'Cannot render', { diagnostics: [at] })
      },
    })
    const { stderr, exitCode } = await edgeyard('restart', 'dtserver', 'dev1')
    assert.equal(exitCode, 1)
    assert.equal(
      stderr,
      [
        'edgeyard: Cannot render (VALUES_INVALID)',
        'dtserver.values.yaml:3:5: bad \\u{1b}[31mport',
        '    LISTEN: x',
        '      ^\n',
      ].join('\n'),
    )
  })

  it('adds a developer with a key, lists them without secrets, and removes both', async () => {
    const added = await edgeyard('dev', 'add', 'ana', '--key', await makeKey('ana'))
    assert.equal(added.exitCode, 0, added.stderr)
    assert.match(added.stderr, /Key SHA256:\S+ ana@home\nAdded ana\. The sandboxes come up with the next "edgeyard up"/)
    const list = (await edgeyard('dev', 'list', '--json')).stdout
    assert.deepEqual(
      (JSON.parse(list) as { name: string; index: number; keys: unknown[] }[]).map(({ name, index, keys }) => [
        name,
        index,
        keys.length,
      ]),
      [
        ['master', 0, 0],
        ['ana', 1, 1],
      ],
    )
    const secrets = JSON.parse(await readFile(join(yardLayout(root).developers, 'ana.json'), 'utf8')) as Record<
      string,
      string
    >
    for (const secret of [secrets.redisPassword, secrets.mysqlPassword]) assert.ok(!list.includes(secret ?? ''))
    assert.match((await edgeyard('dev', 'list')).stdout, /^ana +1 +\S+ +1 +\d{4}-\d\d-\d\d$/m)
    assert.match((await edgeyard('dev', 'key', 'list', 'ana')).stdout, /^ssh-ed25519 +SHA256:\S{43} +ana@home\n$/)
    const unsaid = await edgeyard('dev', 'rm', 'ana')
    assert.equal(unsaid.exitCode, 1)
    assert.match(unsaid.stderr, /Nothing is removed\. .*\n.*--keep-data .*\n.*--yes /)
    assert.equal((await edgeyard('dev', 'rename', 'ana', 'anna')).exitCode, 0)
    assert.equal((await edgeyard('dev', 'rename', 'anna', 'ana')).exitCode, 0)
    assert.equal((await edgeyard('dev', 'rm', 'ana', '--yes')).exitCode, 0)
    await assert.rejects(stat(yardLayout(root).keysOf('ana')), { code: 'ENOENT' })
    assert.match((await edgeyard('dev', 'rm', 'ana')).stderr, /DEVELOPER_UNKNOWN/)
  })

  it('makes nobody when the key is not one, and calls a private key by its name', async () => {
    const file = await makeKey('bob')
    const { stderr, exitCode } = await edgeyard('dev', 'add', 'bob', '--key', file.replace('.pub', ''))
    assert.equal(exitCode, 1)
    assert.match(stderr, /private key/)
    assert.doesNotMatch((await edgeyard('dev', 'list')).stdout, /bob/)
  })

  it('tells a running daemon of a new developer, and the developer how to begin', async () => {
    let reconciled = 0
    await daemon({
      reconcile: async () => {
        reconciled++
        return { ssh: { host: '127.0.0.1', port: 2222 }, sandboxes: [] } as unknown as YardStatus
      },
    })
    const { stdout, stderr } = await edgeyard('dev', 'add', 'ana')
    assert.equal(stdout, 'git clone -b ana ssh://git@127.0.0.1:2222/socketserver\n')
    assert.match(stderr, /log page {6}http:\/\/127\.0\.0\.1:8088\/login#token=ey_/)
    assert.equal(reconciled, 1)
  })

  it('takes a developer back whom the daemon cannot give a section, key, token and all', async () => {
    await daemon({
      reconcile: async () => {
        throw new EdgeyardError('PUSH_REFUSED', 'Cannot push master to serverctrl: it was refused')
      },
    })
    const { exitCode, stderr } = await edgeyard('dev', 'add', 'ana', '--key', await makeKey('ana'))
    assert.equal(exitCode, 1)
    assert.match(stderr, /PUSH_REFUSED/)
    const { developers, keys, logins } = yardLayout(root)
    const left = await Promise.all([developers, keys, logins].map((each) => readdir(each)))
    assert.deepEqual(
      left.flat().filter((name) => /ana|^\.1$/.test(name)),
      [],
    )
  })

  it('gives tokens and links for the log page, also while no daemon runs, and keeps only their hashes', async () => {
    const { token, url } = JSON.parse((await edgeyard('dev', 'add', 'ana', '--json')).stdout)
    assert.equal(url, `http://127.0.0.1:8088/login#token=${token}`)
    const again = (await edgeyard('dev', 'token', 'ana')).stdout.trim()
    assert.match(again, /^ey_[\w-]{43}$/)
    assert.notEqual(again, token)
    const { logins, access } = yardLayout(root)
    const [kept, published] = await Promise.all(
      [logins, access].map((folder) => readFile(join(folder, 'ana.json'), 'utf8')),
    )
    assert.equal(kept, published)
    assert.ok(kept!.includes(hashSecret(again)) && !kept!.includes(again.slice(3)))
    assert.match((await edgeyard('login', 'ana')).stdout, /^http:\/\/127\.0\.0\.1:8088\/login#token=eyl_[\w-]{43}\n$/)
    await edgeyard('dev', 'rm', 'ana', '--yes')
    for (const folder of [logins, access]) assert.ok(!(await readdir(folder)).includes('ana.json'))
  })

  it('adds and removes keys', async () => {
    const [one, two] = [await makeKey('one'), await makeKey('two')]
    await edgeyard('dev', 'add', 'ana', '--key', one)
    assert.match((await edgeyard('dev', 'key', 'add', 'ana', two)).stderr, /^Added SHA256:\S+ two@home\n$/)
    assert.match((await edgeyard('dev', 'key', 'rm', 'ana', one)).stderr, /^Removed SHA256:\S+ one@home\n$/)
    assert.match((await edgeyard('dev', 'key', 'rm', 'ana', 'two@home')).stderr, /^Removed/)
    assert.equal((await edgeyard('dev', 'key', 'list', 'ana')).stdout, '')
  })

  it('shows records of a source, newest last', async () => {
    const logs = yardLayout(root).logs('socketserver', 'dev1')
    await mkdir(logs, { recursive: true })
    const lines = [1, 2, 3].map(
      (n) => `${JSON.stringify({ time: `2026-01-01T00:00:0${n}.000Z`, severity: 'info', message: `m${n}` })}\n`,
    )
    await writeFile(join(logs, '2026-01-01.jsonl'), lines.join(''))
    assert.equal(
      (await edgeyard('logs', '-n', '2', 'socketserver', 'dev1')).stdout,
      '2026-01-01 00:00:02.000 info   m2\n2026-01-01 00:00:03.000 info   m3\n',
    )
    assert.match((await edgeyard('logs', 'nginx')).stderr, /SANDBOX_UNKNOWN/)
    const nobody = await edgeyard('logs', '-f', 'socketserver', 'dev9')
    assert.equal(nobody.exitCode, 1)
    assert.match(nobody.stderr, /Cannot find a developer "dev9".*DEVELOPER_UNKNOWN/)
  })

  it('says why a start in the background failed, and ends with 1', async () => {
    await writeFile(join(root, 'yard.yml'), 'hosst: 127.0.0.1\n')
    const { exitCode, stderr } = await edgeyard('up', '--detach')
    assert.equal(exitCode, 1)
    assert.match(stderr, /yard\.yml:1:1: Unknown setting "hosst"/)
  })

  it('says once, and where, that the host is not of this machine', async () => {
    await writeFile(join(root, 'yard.yml'), 'host: 192.0.2.7\n')
    const { exitCode, stderr } = await edgeyard('up', '--detach')
    assert.equal(exitCode, 1)
    assert.match(
      stderr,
      /^edgeyard: .*YARD_SETTINGS\)\nyard\.yml:1:7: host "192\.0\.2\.7" is no address of this machine; /,
    )
    assert.doesNotMatch(stderr, /PORT_TAKEN/)
  })

  it('refuses a root that no folder can be made for', async () => {
    for (const args of [['up'], ['up', '--detach']]) {
      const { exitCode, stderr } = await edgeyard(...args, '--root', '/proc/edgeyard/yard')
      assert.equal(exitCode, 1)
      assert.match(stderr, /Cannot use \/proc\/edgeyard\/yard as the root: .*ROOT_UNUSABLE/s)
    }
  })

  it('says what no yard protects yet, and tries everything else that keeps sandboxes apart', async () => {
    await writeFile(join(root, 'yard.yml'), 'quotas: { developers: { dve1: { disk: 2g } } }\n')
    const { stdout } = await edgeyard('doctor')
    assert.match(stdout, /^warn {2}yard\.yml:1:25: quotas of "dve1" count for nobody: .*\n {6}did you mean "dev1"\?$/m)
    assert.match(stdout, /^ok {4}the log page asks for a login, on 127\.0\.0\.1$/m)
    assert.match(stdout, /^PROTECTION +HOLDS +HOW$/m)
    assert.match(stdout, /^sockets without a file \(abstract\) +NO +nothing: /m)
    const { findings, protections } = JSON.parse((await edgeyard('doctor', '--json')).stdout) as {
      findings: unknown[]
      protections: { protection: string; holds: boolean; how: string }[]
    }
    assert.ok(findings.length > 5)
    assert.ok(protections.some(({ protection, holds }) => protection === 'open files' && holds))
  })

  it('refuses a root whose sockets would have too long a path', async () => {
    assert.match((await edgeyard('status', '--root', `/${'x'.repeat(80)}`)).stderr, /ROOT_UNUSABLE/)
  })

  it('gives a completion that the shell understands', async () => {
    const { stdout } = await edgeyard('completion', 'bash')
    const cases: [words: string, offers: string][] = [
      ['dev k', 'key'],
      ['--root /x sta', 'status start'],
      ["restart ''", 'httpserver socketserver dtserver'],
      ['logs r', 'redis'],
      ["completion ''", 'bash zsh'],
      ["restart dtserver ''", 'ana dev1'],
      ["restart dtserver ana ''", ''],
      ["dev key rm ''", 'ana dev1'],
      ["dev key rm ana ''", ''],
      ["status --root ''", ''],
    ]
    await mkdir(join(folder, 'yard/state/developers'), { recursive: true })
    for (const name of ['ana', 'dev1']) await writeFile(join(folder, 'yard/state/developers', `${name}.json`), '')
    const asked = cases.map(
      ([words]) =>
        `COMP_WORDS=(edgeyard ${words}); COMP_CWORD=$((\${#COMP_WORDS[@]} - 1)); _edgeyard; echo "\${COMPREPLY[@]}"`,
    )
    const bash = await runOk({ file: 'bash', args: ['-c', [stdout, ...asked].join('\n')], cwd: folder })
    assert.deepEqual(
      String(bash.stdout).split('\n').slice(0, -1),
      cases.map(([, offers]) => offers),
    )
  })
})
