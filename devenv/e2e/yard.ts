// A whole yard in a temporary folder, worked as people work it: the CLI for the operator, git over ssh for the developers.
// One yard serves all the test files of a process; a test leaves it as it found it.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { REPOSITORIES } from '../../servers/contract/names.ts'
import { callControl } from '../control/call.ts'
import type { SandboxStatus, YardStatus } from '../control/protocol.ts'
import { yardLayout } from '../sandbox/layout.ts'
import { PORT_BLOCK } from '../sandbox/ports.ts'
import { readSmall } from '../state/read-small.ts'

export const projectRoot = fileURLToPath(new URL('../../..', import.meta.url))

/** What a program printed and how it ended. */
export interface Run {
  readonly exitCode: number | null
  readonly stdout: string
  readonly stderr: string
  /** Both, in the order they came. */
  readonly output: string
}

/** Runs a program to its end. The environment is the given one and nothing else but PATH and HOME. */
export function run(
  file: string,
  args: readonly string[],
  options: { cwd?: string; env?: Record<string, string> } = {},
): Promise<Run> {
  return new Promise((resolve, reject) => {
    const env = { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '/', LANG: 'C.UTF-8', ...options.env }
    const child = spawn(file, args, { cwd: options.cwd, env, stdio: ['ignore', 'pipe', 'pipe'] })
    const parts = { stdout: '', stderr: '', output: '' }
    for (const stream of ['stdout', 'stderr'] as const) {
      child[stream].setEncoding('utf8').on('data', (text: string) => {
        parts[stream] += text
        parts.output += text
      })
    }
    child.on('error', reject)
    child.on('close', (exitCode) => resolve({ exitCode, ...parts }))
  })
}

/** Waits until `probe` gives something that is not undefined, null or false. Throws what it was about after `deadlineMs`. */
export async function until<T>(
  what: string,
  probe: () => Promise<T | undefined | null | false> | T | undefined | null | false,
  deadlineMs = 20_000,
): Promise<T> {
  const end = performance.now() + deadlineMs
  for (;;) {
    const value = await probe()
    if (value !== undefined && value !== null && value !== false) return value
    if (performance.now() > end) throw new Error(`Waited ${deadlineMs} ms in vain until ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
}

/** Whose yard it is, when it is not ours. */
export interface Operator {
  readonly uid: number
  /** A copy of the project that this user can read. */
  readonly project: string
}

export class TestYard {
  readonly folder: string
  readonly root: string
  readonly portsFrom: number
  readonly #operator: Operator | null

  constructor(folder: string, portsFrom: number, operator: Operator | null = null) {
    this.folder = folder
    this.root = join(folder, 'yard')
    this.portsFrom = portsFrom
    this.#operator = operator
  }

  /** `edgeyard ARGS` on this yard. */
  cli(...args: string[]): Promise<Run> {
    const command = [process.execPath, join(this.#operator?.project ?? projectRoot, 'dist/devenv/cli.js'), ...args]
    const env: Record<string, string> = { EDGEYARD_ROOT: this.root }
    if (this.#operator === null) return run(command[0]!, command.slice(1), { cwd: this.folder, env })
    const { uid } = this.#operator
    const become = ['--reuid', `${uid}`, '--regid', `${uid}`, '--clear-groups', '--']
    return run('setpriv', [...become, ...command], { cwd: this.folder, env: { ...env, HOME: this.folder } })
  }

  /** The same, and it must succeed. */
  async do(...args: string[]): Promise<Run> {
    const result = await this.cli(...args)
    assert.equal(result.exitCode, 0, `edgeyard ${args.join(' ')}\n${result.output}`)
    return result
  }

  async up(): Promise<Run> {
    return await this.do('up', '--detach', '--ports-from', String(this.portsFrom))
  }

  /** What `edgeyard status --json` prints, without the command: tests ask for it hundreds of times. Throws as it does. */
  status(): Promise<YardStatus> {
    return callControl(yardLayout(this.root).control, 'status', {})
  }

  /** A link that logs a browser in at the log page: the operator, or a developer. */
  async loginLink(...developer: string[]): Promise<string> {
    return (await this.do('login', ...developer)).stdout.trim()
  }

  /** What a program sends to the log page's API: as the operator, or as a developer. */
  async apiHeaders(...developer: string[]): Promise<{ cookie: string }> {
    const link = new URL(await this.loginLink(...developer))
    const token = link.hash.slice('#token='.length)
    const login = await fetch(new URL('/api/login', link), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ token }),
    })
    assert.equal(login.status, 200, await login.text())
    return { cookie: login.headers.get('set-cookie')!.split(';')[0]! }
  }

  async sandbox(server: string, developer: string): Promise<SandboxStatus> {
    const found = (await this.status()).sandboxes.find((one) => one.server === server && one.developer === developer)
    assert.ok(found, `${server} of ${developer} is not in the status`)
    return found
  }

  /** The pids of all sandboxes by `server/developer`. */
  async pids(): Promise<Record<string, number | null>> {
    return Object.fromEntries((await this.status()).sandboxes.map((one) => [`${one.server}/${one.developer}`, one.pid]))
  }

  /**
   * What a refused push must leave as it was: every sandbox's process, live conf and releases, and every ref of the yard but
   * refs/live and refs/log, which the daemon writes some time behind a switch.
   */
  async standing(): Promise<Record<string, unknown>> {
    const layout = yardLayout(this.root)
    const { sandboxes } = await this.status()
    const each = sandboxes.map(({ server, developer, pid, state, restarts, release }) => {
      const { conf, src, releases } = layout.sandbox({ server, developer })
      const half = readdirSync(releases).filter((name) => name.startsWith('.incoming'))
      const files = { conf: readFileSync(conf, 'utf8'), src: readlinkSync(src) }
      return [`${server}/${developer}`, { pid, state, restarts, release, half, ...files }] as const
    })
    const refs = REPOSITORIES.map((name) => [name, readRefs(layout.repository(name))] as const)
    return Object.fromEntries([...each, ...refs])
  }

  /** Makes a key pair; returns the file of its public half. The yard does not know it yet. */
  async makeKey(name: string): Promise<string> {
    const key = join(this.folder, `${name}.key`)
    const made = await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', name, '-f', key])
    assert.equal(made.exitCode, 0, made.output)
    return `${key}.pub`
  }

  /** The environment in which git acts as a developer. */
  gitEnvironment(developer: string): Record<string, string> {
    const options =
      'IdentitiesOnly=yes StrictHostKeyChecking=no UserKnownHostsFile=/dev/null LogLevel=ERROR BatchMode=yes'
    const ssh = options.split(' ').map((option) => `-o ${option}`)
    return {
      GIT_SSH_COMMAND: `ssh -F /dev/null -i ${join(this.folder, `${developer}.key`)} ${ssh.join(' ')}`,
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_CONFIG_GLOBAL: '/dev/null',
      GIT_AUTHOR_NAME: developer,
      GIT_AUTHOR_EMAIL: `${developer}@example.org`,
      GIT_COMMITTER_NAME: developer,
      GIT_COMMITTER_EMAIL: `${developer}@example.org`,
    }
  }

  /** The same over one connection that stays open: {@link keptOptions}. */
  keptEnvironment(developer: string): Record<string, string> {
    const own = this.gitEnvironment(developer)
    return { ...own, GIT_SSH_COMMAND: `${own.GIT_SSH_COMMAND} ${keptOptions(this.folder, developer)}` }
  }

  /** `git clone` over ssh as a developer, on their branch. */
  async clone(repository: string, developer: string): Promise<Clone> {
    const { ssh } = await this.status()
    const folder = mkdtempSync(join(this.folder, `${repository}-${developer}-`))
    const url = `ssh://git@${ssh.host}:${ssh.port}/${repository}`
    const clone = new Clone(this, folder, developer)
    await clone.must('clone', '-q', '-b', developer, url, '.')
    return clone
  }

  async down(): Promise<void> {
    await this.do('down')
  }
}

/**
 * ssh options by which all commands of a developer share a connection that stays open for five minutes, or until the daemon goes.
 * A socket's path has little room, and ssh wants 17 bytes of that for a name of its own.
 */
export function keptOptions(folder: string, developer: string): string {
  return `-o ControlMaster=auto -o ControlPath=${join(folder, `${developer}.mux`)} -o ControlPersist=300`
}

/** A developer's work tree. */
export class Clone {
  readonly yard: TestYard
  readonly folder: string
  readonly developer: string

  constructor(yard: TestYard, folder: string, developer: string) {
    this.yard = yard
    this.folder = folder
    this.developer = developer
  }

  git(...args: string[]): Promise<Run> {
    return run('git', args, { cwd: this.folder, env: this.yard.gitEnvironment(this.developer) })
  }

  async must(...args: string[]): Promise<Run> {
    const result = await this.git(...args)
    assert.equal(result.exitCode, 0, `git ${args.join(' ')}\n${result.output}`)
    return result
  }

  async write(path: string, text: string): Promise<void> {
    const file = join(this.folder, path)
    await mkdir(dirname(file), { recursive: true })
    await writeFile(file, text)
  }

  /** Commits everything in the work tree. */
  async commit(message: string): Promise<string> {
    await this.must('add', '-A')
    await this.must('commit', '-q', '--allow-empty', '-m', message)
    return (await this.must('rev-parse', 'HEAD')).stdout.trim()
  }

  push(...refspecs: string[]): Promise<Run> {
    return this.git('push', 'origin', ...(refspecs.length > 0 ? refspecs : [`HEAD:refs/heads/${this.developer}`]))
  }

  /** Back to what the yard has. */
  async reset(): Promise<void> {
    await this.must('fetch', '-q', 'origin')
    await this.must('reset', '-q', '--hard', `origin/${this.developer}`)
    await this.must('clean', '-qfd')
  }

  /** Writes the files, commits, pushes; the push must be accepted. */
  async ship(files: Record<string, string>, message = 'Change'): Promise<Run> {
    for (const [path, text] of Object.entries(files)) await this.write(path, text)
    await this.commit(message)
    const pushed = await this.push()
    assert.equal(pushed.exitCode, 0, pushed.output)
    return pushed
  }
}

/** Where the yards of a run are that end with it at the latest. Its processes know the folder by this variable. */
const YARDS_OF_RUN = 'EDGEYARD_TEST_YARDS'
let shared: Promise<TestYard> | undefined

/**
 * The yard of this process: dev1, dev2, with keys, and dev3, whose scripts stay the starters. Made on first use, taken down after
 * the last test of the run.
 */
export function sharedYard(): Promise<TestYard> {
  shared ??= createYard()
  return shared
}

/** Another one like it, for tests that leave a yard as no other would expect it; they end it with {@link endYard}. */
export async function createYard(): Promise<TestYard> {
  const yard = new TestYard(mkdtempSync(join(process.env[YARDS_OF_RUN]!, 'y')), await findPortBlock())
  await mkdir(yard.root)
  await writeFile(join(yard.root, 'yard.yml'), 'developers_initial: [dev1, dev2, dev3]\n')
  await yard.up()
  for (const developer of ['dev1', 'dev2']) {
    await yard.do('dev', 'key', 'add', developer, await yard.makeKey(developer))
  }
  return yard
}

export async function endYard(yard: TestYard): Promise<void> {
  await yard.cli('down')
  // Where a failed test has left it without a daemon.
  await endProcesses(yard.folder)
  rmSync(yard.folder, { recursive: true, force: true })
}

/** mocha's: before the processes that run test files. */
export function mochaGlobalSetup(): void {
  process.env[YARDS_OF_RUN] = mkdtempSync(join(tmpdir(), 'edgeyard-'))
}

/** mocha's: what is left of the yards ends with the run, also when a test has failed. */
export async function mochaGlobalTeardown(): Promise<void> {
  const yards = process.env[YARDS_OF_RUN]!
  for (const name of readdirSync(yards).filter((each) => each.startsWith('y')))
    await endYard(new TestYard(join(yards, name), 0))
  rmSync(yards, { recursive: true, force: true })
}

/** Below Linux's range of ephemeral ports, so that no outgoing connection takes a port of the block. */
const PORTS = { from: 10_240, to: 32_000 }

/** The first port of a run of PORT_BLOCK ports that are all free now. */
export async function findPortBlock(): Promise<number> {
  const blocks = Math.floor((PORTS.to - PORTS.from) / PORT_BLOCK)
  for (let n = 0; n < blocks; n++) {
    const from = PORTS.from + ((process.pid + n) % blocks) * PORT_BLOCK
    if (!reserve(from)) continue
    const free = await Promise.all(Array.from({ length: PORT_BLOCK }, (_, i) => isFree(from + i)))
    if (free.every(Boolean)) return from
  }
  throw new Error(`Found no ${PORT_BLOCK} free ports in a row`)
}

/** Two processes of a run must neither find the same block, nor try its ports while the other's yard looks whether they are free. */
function reserve(from: number): boolean {
  const yards = process.env[YARDS_OF_RUN]
  try {
    if (yards !== undefined) mkdirSync(join(yards, `ports-${from}`))
    return true
  } catch {
    return false
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}

/** Every ref of a bare repository but refs/live and refs/log, without asking git. */
function readRefs(folder: string): string[] {
  const refs = new Map<string, string>()
  const packed = readSmall(join(folder, 'packed-refs')) ?? ''
  for (const [, id = '', name = ''] of packed.matchAll(/^([0-9a-f]{40}) (.+)$/gm)) refs.set(name, id)
  for (const entry of readdirSync(join(folder, 'refs'), { recursive: true, withFileTypes: true })) {
    const file = join(entry.parentPath, entry.name)
    if (entry.isFile()) refs.set(file.slice(folder.length + 1), readSmall(file)?.trim() ?? '')
  }
  return [...refs].flatMap(([name, id]) => (/^refs\/(live|log)\//.test(name) ? [] : [`${id} ${name}`])).sort()
}

/** Whether a process runs. A zombie that nobody has reaped yet counts as gone. */
export function isAlive(pid: number): boolean {
  try {
    return readState(pid) !== 'Z'
  } catch {
    return false
  }
}

function readState(pid: number): string {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  return stat.slice(stat.lastIndexOf(')') + 2)[0] ?? ''
}

/** What still runs of the yard in `root`: command lines of processes that name it or whose working folder lies in it. */
export function processesOf(root: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((pid) => {
      try {
        const cwd = readlinkSync(`/proc/${pid}/cwd`)
        const commandLine = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
        return `${cwd}/`.startsWith(`${root}/`) || commandLine.includes(root) ? [`${pid}: ${commandLine}`] : []
      } catch {
        // It has ended meanwhile, or it is a zombie.
        return []
      }
    })
}

/** Kills what runs in a folder or for it, also what these start meanwhile. Resolves when nothing does. */
export async function endProcesses(folder: string): Promise<void> {
  await until(`nothing of ${folder} runs`, () => {
    const pids = processesOf(folder).map((line) => Number.parseInt(line, 10))
    for (const pid of pids) {
      try {
        process.kill(pid, 'SIGKILL')
      } catch {
        // It has just ended by itself.
      }
    }
    return pids.length === 0
  })
}
