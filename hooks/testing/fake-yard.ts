// A yard of real git repositories with our hooks, and a small daemon that speaks the real control protocol and boots nothing.
import { mkdir, mkdtemp, rename, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type {
  Candidate,
  CandidateFailure,
  ControlVerbs,
  SandboxState,
  SandboxStatus,
} from '../../devenv/control/protocol.ts'
import { type ControlHandlers, serveControl } from '../../devenv/control/serve.ts'
import type { Ended } from '../../devenv/exec/command.ts'
import { runCommand } from '../../devenv/exec/run-command.ts'
import { pushFiles } from '../../devenv/git/push-files.ts'
import { listBranches } from '../../devenv/git/refs.ts'
import { ensureRepositories } from '../../devenv/git/repositories.ts'
import { type YardLayout, yardLayout } from '../../devenv/sandbox/layout.ts'
import { QUOTAS_DEFAULT, type YardQuotas } from '../../devenv/sandbox/quotas.ts'
import { createPushTurns } from '../../devenv/supervisor/push-turns.ts'
import { EdgeyardError } from '../../servers/contract/errors.ts'
import { isServerName, MASTER, type SandboxName, sandboxKey } from '../../servers/contract/names.ts'
import { releaseName } from '../../servers/contract/release.ts'
import { addDevelopers } from '../../templates/edit-values.ts'
import { readSeed } from '../../templates/read-seed.ts'
import type { YardFacts } from '../../templates/render.ts'
import { readBranches, renderConfs } from '../validate/render-confs.ts'

export interface FakeYard {
  readonly layout: YardLayout
  readonly facts: YardFacts
  /** What `boot` was asked for, newest last. */
  readonly booted: Candidate[]
  /** What `switch`, `restart`, `stop` and `start` were asked for: `switch socketserver/dev1`. */
  readonly asked: string[]
  /** `boot` answers with these. */
  failures: CandidateFailure[]
  /** What pushes are judged by. */
  quotas: YardQuotas
  repositoryBytes: Record<string, number>
  /** What `status` says of every sandbox; `ready` has a process. */
  state: SandboxState
  /** Happens while `boot` is at work. */
  whileBooting(): Promise<unknown>
  /** Resolves when so many pushes have been told that they wait. */
  waits(count: number): Promise<void>
  /** Stops the daemon; the repositories stay. */
  stopDaemon(): Promise<void>
  close(): Promise<void>
}

const PROJECT = fileURLToPath(new URL('../../../', import.meta.url))

/** A yard with `master` and the developers, serverctrl seeded, nothing pushed to the servers. */
export async function createFakeYard(developers: readonly string[] = ['dev1', 'dev2']): Promise<FakeYard> {
  const root = await mkdtemp(join(tmpdir(), 'edgeyard-hooks-'))
  const layout = yardLayout(root)
  await mkdir(layout.run, { recursive: true })
  await ensureRepositories(layout)
  const facts: YardFacts = {
    root,
    host: '127.0.0.1',
    developers: [MASTER, ...developers].map((name, index) => ({
      name,
      index,
      uid: null,
      redisPassword: `redis-${name}`,
      mysqlUser: name,
      mysqlPassword: `mysql-${name}`,
    })),
    mysql: { address: 'unix:/nowhere/mysql.sock', database: 'game' },
    ports: { ssh: 2222, viewer: 8088 },
  }
  const booted: Candidate[] = []
  const asked: string[] = []
  const turns = createPushTurns({ slots: 2 })
  let waiting = 0
  const onWaiting = new Set<() => void>()
  const yard = {
    quotas: QUOTAS_DEFAULT,
    repositoryBytes: {} as Record<string, number>,
    failures: [] as CandidateFailure[],
    state: 'ready' as SandboxState,
    whileBooting: (): Promise<unknown> => Promise.resolve(),
  }
  const status = (name: SandboxName, release: string | null): SandboxStatus => ({
    ...name,
    state: 'ready',
    reason: null,
    url: `ws://127.0.0.1:1/${sandboxKey(name)}`,
    port: 1,
    pid: 1,
    release,
    commit: null,
    common: null,
    uptimeMs: 61_000,
    rssBytes: 1,
    restarts: 0,
  })
  const verb = (name: string) => async (sandbox: SandboxName) => {
    asked.push(`${name} ${sandboxKey(sandbox)}`)
    return { ...status(sandbox, null), ...(name === 'stop' ? { state: 'stopped' } : {}) }
  }
  const handlers = {
    facts: async () => ({ ...facts, quotas: yard.quotas, repositoryBytes: yard.repositoryBytes }),
    turn: ({ key }: ControlVerbs['turn']['params'], say: (line: string) => void, _by: unknown, gone: AbortSignal) =>
      turns.take(
        key,
        (line) => {
          say(line)
          if (!line.startsWith('waiting')) return
          waiting++
          for (const look of onWaiting) look()
        },
        gone,
      ),
    confs: async ({ server }: ControlVerbs['confs']['params']) => {
      const { confs, diagnostics } = renderConfs(await readBranches(layout, facts), facts)
      if (diagnostics.length > 0) throw new EdgeyardError('TEMPLATE_INVALID', 'Cannot render the yard', { diagnostics })
      const ofServer = confs.filter(({ template }) => template === server)
      return { confs: Object.fromEntries(ofServer.map(({ developer, text }) => [developer, text])) }
    },
    boot: async ({ candidates }: ControlVerbs['boot']['params']) => {
      booted.push(...candidates)
      await yard.whileBooting()
      return { booted: [], failures: yard.failures }
    },
    switch: async ({ repository, updates }: ControlVerbs['switch']['params'], progress: (line: string) => void) => {
      const live: SandboxStatus[] = []
      for (const { ref } of updates) {
        const developer = ref.slice('refs/heads/'.length)
        asked.push(`switch ${repository}/${developer}`)
        if (!isServerName(repository)) continue
        const commit = (await listBranches(layout, repository)).get(developer)!
        const sandbox = layout.sandbox({ server: repository, developer })
        await symlink(join('releases', releaseName(commit), 'src'), `${sandbox.src}.new`)
        await rename(`${sandbox.src}.new`, sandbox.src)
        progress(`switching ${developer}`)
        live.push(status({ server: repository, developer }, releaseName(commit)))
      }
      return { live, failures: [] }
    },
    status: async () => ({
      sandboxes: ['dev1', 'dev2'].map((developer) => ({
        ...status({ server: 'socketserver', developer }, 'abc'),
        ...(yard.state !== 'ready' && { state: yard.state, pid: null }),
      })),
    }),
    restart: verb('restart'),
    stop: verb('stop'),
    start: verb('start'),
    reload: verb('reload'),
  }
  const daemon = await serveControl(layout.control, handlers as unknown as ControlHandlers)
  const files = new Map(
    Object.entries(
      addDevelopers(
        await readSeed(PROJECT),
        new Map(
          developers.map((name, index) => {
            return [name, { socketserver: 1081 + index, dtserver: 1181 + index, redis: 6381 + index }]
          }),
        ),
      ),
    ).map(([name, text]) => [name, Buffer.from(text)] as const),
  )
  await pushFiles(layout, { repository: 'serverctrl', branches: [MASTER], files, message: 'Seed' })
  return Object.assign(yard, {
    layout,
    facts,
    booted,
    asked,
    waits: (count: number) =>
      new Promise<void>((resolve) => {
        const look = () => waiting >= count && resolve()
        onWaiting.add(look)
        look()
      }),
    stopDaemon: () => daemon.close(),
    close: async () => {
      await daemon.close()
      await rm(root, { recursive: true, force: true })
    },
  })
}

export interface Client {
  readonly folder: string
  /** Runs git in the clone with the developer's identity, as our SSH server would start it; undefined: the operator. */
  git(
    args: readonly string[],
    options?: { as?: string; input?: string | Uint8Array; env?: Record<string, string> },
  ): Promise<Ended>
  close(): Promise<void>
}

/** An empty repository of a person, with `origin` on a bare one. */
export async function createClient(origin: string): Promise<Client> {
  const folder = await mkdtemp(join(tmpdir(), 'edgeyard-client-'))
  const git: Client['git'] = (args, { as, input = '', env = {} } = {}) =>
    runCommand(
      {
        file: 'git',
        args,
        cwd: folder,
        env: {
          PATH: process.env.PATH ?? '',
          HOME: '/nonexistent',
          LANG: 'C.UTF-8',
          GIT_CONFIG_NOSYSTEM: '1',
          GIT_CONFIG_GLOBAL: '/dev/null',
          GIT_AUTHOR_NAME: 'Ana',
          GIT_AUTHOR_EMAIL: 'ana@example.com',
          GIT_COMMITTER_NAME: 'Ana',
          GIT_COMMITTER_EMAIL: 'ana@example.com',
          ...(as === undefined ? {} : { EDGEYARD_DEVELOPER: as }),
          ...env,
        },
      },
      { input },
    )
  await git(['init', '--quiet', '--initial-branch=dev1'])
  await git(['remote', 'add', 'origin', origin])
  return { folder, git, close: () => rm(folder, { recursive: true, force: true }) }
}

/** Commits files, by path; a `null` removes one. Returns the commit. */
export async function commitFiles(client: Client, files: Readonly<Record<string, string | null>>): Promise<string> {
  const { mkdir: make, writeFile } = await import('node:fs/promises')
  for (const [path, text] of Object.entries(files)) {
    const file = join(client.folder, path)
    await make(join(file, '..'), { recursive: true })
    if (text === null) await rm(file)
    else await writeFile(file, text)
  }
  await client.git(['add', '--all', '--force'])
  await client.git(['commit', '--quiet', '--allow-empty', '--message=A change'])
  return (await client.git(['rev-parse', 'HEAD'])).stdout.toString().trim()
}

/** What the hooks said to a client of ours. */
export function remoteSaid({ stderr }: Ended): string[] {
  return stderr
    .split('\n')
    .filter((line) => line.startsWith('remote: '))
    .map((line) => line.slice('remote: '.length).trimEnd())
}
