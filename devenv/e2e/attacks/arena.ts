// Where attacks are tried: a whole yard, an attacker with a key of their own, and a look at everything that must not change.
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { REPOSITORIES } from '../../../servers/contract/names.ts'
import { callControl } from '../../control/call.ts'
import { yardLayout } from '../../sandbox/layout.ts'
import { namedScript } from '../scripts.ts'
import type { Clone, TestYard } from '../yard.ts'

export interface Said {
  readonly exitCode: number | null
  /** stdout and stderr, as bytes read as Latin-1: what a terminal would get. */
  readonly output: string
}

export interface AttackCase {
  readonly title: string
  readonly act: (arena: Arena) => Promise<Said>
  /** What the attacker must be told, plainly. */
  readonly says: RegExp
  /** What is tried is not refused, but does nothing; everything stays as it is all the same. */
  readonly harmless?: true
}

/** In what the yard says. Characters that move a cursor, hide, or turn text around; C1 and bidi controls in their UTF-8 bytes. */
const TERMINAL =
  /[\u0000-\u0008\u000b\u000c\u000e-\u001a\u001c-\u001f\u007f]|\u001b(?!\[K)|\u00c2[\u0080-\u009f]|\u00e2\u0080[\u008b-\u008f\u00a8-\u00ae]|\u00e2\u0081[\u00a6-\u00a9]/

export class Arena {
  readonly yard: TestYard
  /** dev1's clone of socketserver: the attacker's. */
  readonly clone: Clone
  readonly port: number
  readonly #canary: string
  #stood: Awaited<ReturnType<Arena['standing']>> | undefined

  constructor(yard: TestYard, clone: Clone, port: number, canary: string) {
    this.yard = yard
    this.clone = clone
    this.port = port
    this.#canary = canary
  }

  /** A file outside the yard that an attack may aim at. */
  get target(): string {
    return join(this.#canary, 'target')
  }

  /** Tries one case. */
  async withstands({ act, says, harmless }: AttackCase): Promise<void> {
    // As the case before has left it, when that left it alone.
    const before = this.#stood ?? (await this.standing())
    this.#stood = undefined
    const { exitCode, output } = await act(this)
    if (harmless) assert.equal(exitCode, 0, output)
    else assert.notEqual(exitCode, 0, `got through:\n${output}`)
    assert.match(output, says)
    const ours = output.split('\n').filter((line) => /^(remote|edgeyard): /.test(line))
    assert.doesNotMatch(ours.join('\n'), TERMINAL)
    assert.deepEqual(await this.standing(), before)
    this.#stood = before
  }

  /** Everything that an attack must leave as it was. */
  async standing(): Promise<Record<string, unknown>> {
    const layout = yardLayout(this.yard.root)
    const yard = await this.yard.standing()
    const repositories = REPOSITORIES.map((name) => {
      const folder = layout.repository(name)
      const quarantines = readdirSync(join(folder, 'objects')).filter(
        (entry) => !/^([0-9a-f]{2}|info|pack)$/.test(entry),
      )
      const files = ['config', 'HEAD'].map((file) => readFileSync(join(folder, file), 'utf8'))
      return { name, files, quarantines, entries: readdirSync(folder).filter((entry) => entry !== 'packed-refs') }
    })
    const folders = { root: readdirSync(this.yard.root).sort(), hooks: readdirSync(layout.hooks) }
    const outside = [readdirSync(this.#canary), readFileSync(this.target, 'utf8')]
    return { yard, repositories, folders, outside }
  }

  /** git as the attacker, in the attacker's clone. */
  git(args: readonly string[], options: RunOptions = {}): Promise<Said> {
    return this.run('git', args, options)
  }

  /** What a git command printed, which must succeed. */
  async ask(args: readonly string[], options: RunOptions = {}): Promise<string> {
    const { exitCode, output } = await this.git(args, options)
    assert.equal(exitCode, 0, `git ${args.join(' ')}\n${output}`)
    return output.trim()
  }

  /** ssh as somebody; `command` is what the server is asked to run, byte for byte. */
  ssh(
    command: readonly string[],
    options: RunOptions & { who?: string; more?: readonly string[] } = {},
  ): Promise<Said> {
    return this.run(
      'ssh',
      [...this.sshArguments(options.who ?? 'dev1'), ...(options.more ?? []), 'git@127.0.0.1', ...command],
      options,
    )
  }

  sshArguments(who: string): string[] {
    const options =
      'IdentitiesOnly=yes IdentityAgent=none StrictHostKeyChecking=no UserKnownHostsFile=/dev/null LogLevel=ERROR BatchMode=yes'
    const files = ['-F', '/dev/null', '-i', join(this.yard.folder, `${who}.key`), '-p', `${this.port}`]
    return [...files, ...options.split(' ').flatMap((option) => ['-o', option])]
  }

  /** Starts a program in the attacker's clone; whoever starts it ends it. git goes over a kept-open connection, which halves a case. */
  start(file: string, args: readonly string[], env: Record<string, string> = {}): ChildProcess {
    const base = { PATH: process.env.PATH ?? '', HOME: '/nonexistent', LANG: 'C.UTF-8' }
    return spawn(file, args, { cwd: this.clone.folder, env: { ...base, ...this.yard.keptEnvironment('dev1'), ...env } })
  }

  run(file: string, args: readonly string[], { input = '', env, timeoutMs = 60_000 }: RunOptions = {}): Promise<Said> {
    return new Promise((resolve, reject) => {
      const child = this.start(file, args, env)
      let output = ''
      for (const stream of [child.stdout, child.stderr])
        stream?.setEncoding('latin1').on('data', (text) => (output += text))
      const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs)
      child.on('error', reject)
      child.on('close', (exitCode) => {
        clearTimeout(timer)
        resolve({ exitCode, output })
      })
      // The far end may be done before it has read everything.
      child.stdin?.on('error', () => {})
      child.stdin?.end(input)
    })
  }

  /** Writes an object that git itself would not make, and returns its name. */
  async object(type: 'blob' | 'tree' | 'commit' | 'tag', data: string | Buffer): Promise<string> {
    return await this.ask(['hash-object', '-w', '-t', type, '--literally', '--stdin'], { input: data })
  }

  /** A tree with the entries in just this order, whatever they are called. */
  async tree(...entries: readonly (readonly [mode: string, name: string | Buffer, id: string])[]): Promise<string> {
    const parts = entries.flatMap(([mode, name, id]) => [
      Buffer.from(`${mode} `),
      Buffer.isBuffer(name) ? name : Buffer.from(name),
      Buffer.of(0),
      Buffer.from(id, 'hex'),
    ])
    return await this.object('tree', Buffer.concat(parts))
  }

  /** A commit of a tree on top of what is live. */
  async commitTree(tree: string, message = 'An attack'): Promise<string> {
    return await this.ask(['commit-tree', tree, '-p', 'HEAD', '-m', message])
  }

  /** Pushes a commit of these entries, beside a script that would run, to the attacker's branch. */
  async pushTree(...entries: readonly (readonly [mode: string, name: string | Buffer, id: string])[]): Promise<Said> {
    const src = await this.ask(['rev-parse', 'HEAD:src'])
    // git sorts folders as if their names ended in a slash; fsck of the receiving side checks that.
    const key = ([mode, name]: readonly [string, string | Buffer, string]) =>
      Buffer.concat([Buffer.isBuffer(name) ? name : Buffer.from(name), Buffer.from(mode === '40000' ? '/' : '')])
    const all = [...entries, ['40000', 'src', src] as const].sort((a, b) => Buffer.compare(key(a), key(b)))
    return await this.pushCommit(await this.commitTree(await this.tree(...all)))
  }

  pushCommit(commit: string, options?: RunOptions): Promise<Said> {
    return this.git(['push', '--force', 'origin', `${commit}:refs/heads/dev1`], options)
  }

  /** Pushes files, by path, beside a script that would run. */
  async pushFiles(files: Readonly<Record<string, string | Buffer>>, message = 'An attack'): Promise<Said> {
    const all = { 'src/main.ts': namedScript('attack'), ...files }
    const parts: (string | Buffer)[] = []
    const data = (bytes: string | Buffer) => parts.push(`data ${Buffer.byteLength(bytes)}\n`, bytes, '\n')
    parts.push('commit refs/heads/attack\nmark :1\ncommitter A <a@example.org> 1700000000 +0000\n')
    data(message)
    for (const [path, bytes] of Object.entries(all)) {
      parts.push(`M 100644 inline ${JSON.stringify(path)}\n`)
      data(bytes)
    }
    const input = Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : part)))
    await this.ask(['fast-import', '--quiet', '--force'], { input })
    return await this.git(['push', '--force', 'origin', 'refs/heads/attack:refs/heads/dev1'])
  }
}

export interface RunOptions {
  readonly input?: string | Buffer
  readonly env?: Record<string, string>
  readonly timeoutMs?: number
}

/** The yard with dev1's and dev2's scripts live, a canary outside, and nothing of an attack yet. */
export async function createArena(yard: TestYard): Promise<{ arena: Arena; close(): Promise<void> }> {
  for (const developer of ['dev2', 'dev1']) {
    const own = await yard.clone('socketserver', developer)
    await own.ship({ 'src/main.ts': namedScript(`quiet-${developer}`) })
  }
  const clone = await yard.clone('socketserver', 'dev1')
  const canary = await mkdtemp(join(tmpdir(), 'edgeyard-canary-'))
  await writeFile(join(canary, 'target'), 'untouched')
  const { ssh } = await callControl(yardLayout(yard.root).control, 'status', {})
  return {
    arena: new Arena(yard, clone, ssh.port, canary),
    close: () => rm(canary, { recursive: true, force: true }),
  }
}

/** git's framing of one packet. */
export function packet(text: string | Buffer): Buffer {
  const data = Buffer.isBuffer(text) ? text : Buffer.from(text, 'latin1')
  return Buffer.concat([Buffer.from((data.length + 4).toString(16).padStart(4, '0')), data])
}

export const FLUSH = '0000'
export const NOTHING = '0'.repeat(40)
