// What people do without a yard: a bare repository whose post-receive checks out, builds, stops the server and starts it
// again. The same script, the same build and the same server as in a yard, so that only the way differs.
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { EDGE_SERVER_PROGRAM } from '../../../servers/contract/edge-server.ts'
import { builtPath } from '../../../servers/contract/release.ts'
import { endProcesses, projectRoot, run } from '../../e2e/yard.ts'

export interface Classic {
  readonly repository: string
  readonly url: string
  /** What the hook and the server have said. */
  log(): Promise<string>
  /** Ends its server, and a push that is under way; later ones start nothing. */
  stop(): Promise<void>
}

/** Makes it in `folder`, which must not exist; its first push starts the server. */
export async function createClassic(folder: string, port: number): Promise<Classic> {
  const repository = join(folder, 'repository.git')
  const work = join(folder, 'work')
  const pidFile = join(folder, 'run/server.pid')
  const hookFile = join(repository, 'hooks/post-receive')
  const log = join(folder, 'log')
  await mkdir(work, { recursive: true })
  await mkdir(join(folder, 'run'))
  await mkdir(join(folder, 'conf'))
  await writeFile(join(folder, 'conf/server.conf'), conf(port))
  const made = await run('git', ['init', '-q', '--bare', '-b', 'master', repository])
  if (made.exitCode !== 0) throw new Error(made.output)
  await writeFile(hookFile, hook({ folder, work, pidFile, log }), { mode: 0o755 })
  return {
    repository,
    url: `http://127.0.0.1:${port}/hhl`,
    log: () => readFile(log, 'utf8').catch(() => ''),
    async stop() {
      await rm(hookFile, { force: true })
      // A hook at work starts the next server after the last one has gone.
      await endProcesses(folder)
    },
  }
}

function hook({ folder, work, pidFile, log }: Readonly<Record<'folder' | 'work' | 'pidFile' | 'log', string>>): string {
  const esbuild = join(projectRoot, `node_modules/@esbuild/${process.platform}-${process.arch}/bin/esbuild`)
  const built = join(work, builtPath('src/main.ts'))
  const options = '--bundle --format=cjs --platform=node --target=node20 --sourcemap --log-level=warning'
  const server = `'${process.execPath}' '${join(projectRoot, EDGE_SERVER_PROGRAM)}' -p '${folder}' --release '${work}'`
  return `#!/bin/sh
exec 2>>'${log}'
set -e
GIT_WORK_TREE='${work}' git checkout -qf master
unset GIT_DIR
'${esbuild}' '${work}/src/main.ts' ${options} --outfile='${built}'
if [ -f '${pidFile}' ]; then
  kill "$(cat '${pidFile}')"
  # It removes the file when it ends; its number stays until somebody has reaped it.
  while [ -f '${pidFile}' ]; do sleep 0.005; done
fi
${server} </dev/null >/dev/null 2>>'${log}' &
`
}

function conf(port: number): string {
  return `worker_processes 1;
error_log stderr notice;
pid run/server.pid;
events { worker_connections 1024; }
edge {
  server {
    listen 127.0.0.1:${port};
    server_name localhost;
    location /hhl { script src/main.ts; }
  }
}
`
}
