// A yard as far as ssh sees it: developers with real keys, bare repositories, a hook that talks, a control socket; and real clients.
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ControlVerbs, SandboxStatus } from '../control/protocol.ts'
import { type ControlHandlers, serveControl } from '../control/serve.ts'
import { addDeveloper } from '../developers/developers.ts'
import { addKey } from '../developers/keys.ts'
import type { Ended } from '../exec/command.ts'
import { runCommand, runOk } from '../exec/run-command.ts'
import { yardLayout } from '../sandbox/layout.ts'
import type { YardQuotas } from '../sandbox/quotas.ts'
import { serveSsh } from './serve-ssh.ts'

type Records = { message: string; fields: Readonly<Record<string, unknown>> }[]
export type SshYard = Awaited<ReturnType<typeof createSshYard>>

const ENV = {
  PATH: process.env.PATH ?? '',
  HOME: '/nonexistent',
  LANG: 'C.UTF-8',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_AUTHOR_NAME: 'A',
  GIT_AUTHOR_EMAIL: 'a@example.com',
  GIT_COMMITTER_NAME: 'A',
  GIT_COMMITTER_EMAIL: 'a@example.com',
}

/** `hook`: the body of socketserver's pre-receive, a shell script. */
export async function createSshYard(options: { hook?: string; quotas?: YardQuotas } = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'edgeyard-ssh-'))
  const layout = yardLayout(join(folder, 'yard'))
  await mkdir(layout.run, { recursive: true })
  for (const name of ['ana', 'bob', 'stranger', 'master']) {
    await runOk({ file: 'ssh-keygen', args: ['-q', '-t', 'ed25519', '-N', '', '-C', name, '-f', join(folder, name)] })
  }
  for (const name of ['ana', 'bob']) await addDeveloper(layout, name)
  for (const name of ['ana', 'bob', 'master']) {
    await addKey(layout, name, await readFile(join(folder, `${name}.pub`), 'utf8'))
  }
  const repository = layout.repository('socketserver')
  await runOk({ file: 'git', args: ['init', '-q', '--bare', '-b', 'master', repository] })
  const hook = join(repository, 'hooks', 'pre-receive')
  await writeFile(hook, `#!/bin/sh\n${options.hook ?? 'cat > /dev/null'}\n`)
  await chmod(hook, 0o755)

  const asked: unknown[] = []
  const act = (verb: string) => async (name: ControlVerbs['restart']['params'], progress: (line: string) => void) => {
    asked.push([verb, name])
    progress(`${verb} begins`)
    return { ...name, state: 'ready', release: 'abc' } as unknown as SandboxStatus
  }
  const sandboxes = ['ana', 'bob'].map((developer) => ({
    server: 'socketserver',
    developer,
    url: `ws://127.0.0.1/${developer}`,
    port: 1,
    state: 'ready',
    release: null,
    restarts: 0,
  }))
  const handlers = {
    status: async () => ({ sandboxes }),
    restart: act('restart'),
    stop: act('stop'),
    start: act('start'),
  }
  const control = await serveControl(layout.control, handlers as unknown as ControlHandlers)
  const records: Records = []
  const server = await serveSsh({
    ...(options.quotas === undefined ? {} : { quotas: options.quotas }),
    layout,
    host: '127.0.0.1',
    port: 0,
    onRecord: (record) => records.push(record),
  })

  /** The options a client is called with: nothing of this machine's own ssh settings. */
  const sshArgs = (who: string) => [
    ...['-F', '/dev/null', '-i', join(folder, who), '-p', String(server.port)],
    ...[
      'StrictHostKeyChecking=no',
      'UserKnownHostsFile=/dev/null',
      'IdentitiesOnly=yes',
      'IdentityAgent=none',
      'LogLevel=ERROR',
    ].flatMap((option) => ['-o', option]),
  ]
  const url = (repositoryName: string) => `ssh://git@127.0.0.1:${server.port}/${repositoryName}`
  return {
    folder,
    layout,
    server,
    records,
    asked,
    url,
    sshArgs,
    ssh: (who: string, command: readonly string[], more: readonly string[] = []): Promise<Ended> =>
      runCommand(
        { file: 'ssh', args: [...sshArgs(who), ...more, 'git@127.0.0.1', ...command], env: ENV },
        { timeoutMs: 20_000 },
      ),
    git: (who: string, args: readonly string[], cwd = folder, env: Record<string, string> = {}): Promise<Ended> =>
      runCommand(
        { file: 'git', args, cwd, env: { ...ENV, GIT_SSH_COMMAND: `ssh ${sshArgs(who).join(' ')}`, ...env } },
        { timeoutMs: 20_000 },
      ),
    /** A work tree with one commit that has `files`. */
    async workTree(name: string, files: Record<string, string | Buffer>): Promise<string> {
      const tree = join(folder, name)
      await runOk({ file: 'git', args: ['init', '-q', '-b', 'master', tree] })
      for (const [file, text] of Object.entries(files)) await writeFile(join(tree, file), text)
      await runOk({ file: 'git', args: ['add', '-A'], cwd: tree, env: ENV })
      await runOk({ file: 'git', args: ['commit', '-q', '-m', 'x'], cwd: tree, env: ENV })
      return tree
    },
    async close() {
      await server.close()
      await control.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
