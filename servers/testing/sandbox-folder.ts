// A sandbox on disk for a test: a conf, and scripts as they would have been built.
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { builtPath } from '../contract/release.ts'

export interface SandboxFolder {
  readonly prefix: string
  /** Replaces the built text of a script, in one step, as a build does. */
  writeScript(text: string, script?: string): Promise<void>
  /** A file of the sandbox, e.g. `conf/server.conf` or `public/index.html`. */
  write(file: string, content: string | Uint8Array): Promise<void>
  remove(): Promise<void>
}

export interface SandboxContent {
  /** Inside `edge`, beside the server; e.g. `code_cache off;`. */
  readonly edge?: string
  /** Inside `server`. Default: one location for `src/main.ts`. */
  readonly server?: string
  /** In the main context, e.g. `worker_shutdown_timeout 1s;`. */
  readonly main?: string
  /** `worker_processes`. Default 1. */
  readonly workers?: number
  /** What the build left of `src/main.ts`: `module.exports.default = { … }`. */
  readonly script?: string
  readonly files?: Readonly<Record<string, string | Uint8Array>>
}

/** What `main` and `server` say themselves is left out of what every test's conf says. */
export function testConf({
  edge = '',
  server = 'location / { script src/main.ts; }',
  main = '',
  workers = 1,
}: SandboxContent): string {
  return `${unlessGiven(main, 'worker_processes', `worker_processes ${workers};`)}
error_log stderr debug;
${unlessGiven(main, 'pid', 'pid run/server.pid;')}
${main}
${unlessGiven(main, 'events', 'events { worker_connections 1000; }')}
${unlessGiven(
  main,
  'edge',
  `edge {
  ${edge}
  server {
    ${unlessGiven(server, 'listen', 'listen 127.0.0.1:0;')}
    server_name localhost;
    ${server}
  }
}`,
)}
`
}

function unlessGiven(text: string, directive: string, usual: string): string {
  return new RegExp(`^\\s*${directive}\\s`, 'm').test(text) ? '' : usual
}

export async function createSandboxFolder(content: SandboxContent): Promise<SandboxFolder> {
  const prefix = await mkdtemp(join(tmpdir(), 'edge-server-'))
  const write = async (file: string, text: string | Uint8Array) => {
    const path = join(prefix, file)
    await mkdir(dirname(path), { recursive: true })
    await writeFile(`${path}.new`, text)
    await rename(`${path}.new`, path)
  }
  const folder: SandboxFolder = {
    prefix,
    write,
    writeScript: (text, script = 'src/main.ts') => write(builtPath(script), text),
    remove: () => rm(prefix, { recursive: true, force: true }),
  }
  await write('conf/server.conf', testConf(content))
  await mkdir(join(prefix, 'src'))
  if (content.script !== undefined) await folder.writeScript(content.script)
  for (const [file, text] of Object.entries(content.files ?? {})) await write(file, text)
  return folder
}
