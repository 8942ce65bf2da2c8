// What people do without a yard: a bare repository whose post-receive checks out and restarts node.
import { readFileSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { run } from '../e2e/yard.ts'

export interface Classic {
  readonly repository: string
  readonly url: string
  /** What a push changes. */
  render(name: string): { path: string; text: string }
  stop(): void
}

/** Makes it in `folder`; its first push starts the server. */
export async function createClassic(folder: string, port: number): Promise<Classic> {
  const repository = join(folder, 'classic.git')
  const work = join(folder, 'classic')
  const pidFile = join(folder, 'classic.pid')
  await mkdir(work)
  const made = await run('git', ['init', '-q', '--bare', '-b', 'master', repository])
  if (made.exitCode !== 0) throw new Error(made.output)
  const hook = `#!/bin/sh
set -e
GIT_WORK_TREE='${work}' git checkout -qf master
if [ -f '${pidFile}' ]; then
  kill "$(cat '${pidFile}')"
fi
'${process.execPath}' '${work}/main.js' </dev/null >/dev/null 2>&1 &
echo $! >'${pidFile}'
`
  await writeFile(join(repository, 'hooks/post-receive'), hook, { mode: 0o755 })
  return {
    repository,
    url: `http://127.0.0.1:${port}/`,
    render: (name) => ({
      path: 'main.js',
      text: `require('node:http').createServer((_, response) => response.end('${name}')).listen(${port}, '127.0.0.1')\n`,
    }),
    stop() {
      try {
        process.kill(Number(readFileSync(pidFile, 'utf8')))
      } catch {
        // It never started.
      }
    },
  }
}
