// How a sandbox's process is started: confined to its own conf, release and run folder. It waits on fd 3 for the word to listen.

import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Begin } from '../../servers/contract/channel.ts'
import { EDGE_SERVER_NODE_FLAGS, EDGE_SERVER_PROGRAM } from '../../servers/contract/edge-server.ts'
import { EdgeyardError } from '../../servers/contract/errors.ts'
import { type SandboxName, sandboxKey } from '../../servers/contract/names.ts'
import { type BuiltCommit, builtPath, releaseName } from '../../servers/contract/release.ts'
import { runOk } from '../exec/run-command.ts'
import type { SandboxConf } from '../sandbox/sandbox-conf.ts'
import { limitsOf } from '../settings/limits.ts'
import { confineSandbox } from './confine-sandbox.ts'
import { ensureSandboxFolders } from './folders.ts'
import { nodeEnvironment } from './node-program.ts'
import type { KeptProcess } from './processes.ts'
import { writeCandidateConf } from './sandbox-files.ts'
import { writeTlsFor } from './tls.ts'
import type { YardContext } from './yard-context.ts'

/** What a sandbox moves to: code and conf. */
export interface Target {
  readonly commit: BuiltCommit
  readonly conf: SandboxConf
}

export const isSame = (one: Target, other: Target): boolean =>
  one.commit === other.commit && one.conf.hash === other.conf.hash

/** Larger request headers than Node's default of 16 KiB are refused; uWebSockets.js has its own default of 4 KiB. */
const HEADERS_BYTES_MAX = 16_384

const BUILD_TIMEOUT_MS = 120_000

/** What a start needs to know beside the target. */
export interface LaunchOptions {
  readonly uid: number | null
  readonly restarts: number
  /** Of a process that waits for its release: the wait will be long. */
  readonly preload?: boolean
}

/** Starts a candidate. Throws BUILD_FAILED when its release is missing and cannot be built, COMMAND_FAILED. */
export async function launchSandbox(
  context: YardContext,
  name: SandboxName,
  target: Target,
  options: LaunchOptions,
): Promise<KeptProcess> {
  await ensureRelease(context, name, target)
  return await startSandbox(context, name, target, options)
}

/**
 * Starts the process of a release that is still being pushed: it waits to be told which ({@link beginSandbox}). It sees what any
 * process of the sandbox sees.
 */
export function prepareSandbox(
  context: YardContext,
  name: SandboxName,
  conf: SandboxConf,
  options: LaunchOptions,
): Promise<KeptProcess> {
  return startSandbox(context, name, { commit: null, conf }, options)
}

/** Tells a prepared process its release. Throws BUILD_FAILED. */
export async function beginSandbox(
  context: YardContext,
  name: SandboxName,
  target: Target,
  prepared: KeptProcess,
): Promise<void> {
  await ensureRelease(context, name, target)
  const { commit } = target
  prepared.update({ commit })
  const release = context.layout.sandbox(name).release(releaseName(commit))
  prepared.channel?.send({ type: 'begin', release, name: releaseName(commit) } satisfies Begin)
}

async function startSandbox(
  context: YardContext,
  name: SandboxName,
  { commit, conf }: { readonly commit: BuiltCommit | null; readonly conf: SandboxConf },
  options: LaunchOptions,
): Promise<KeptProcess> {
  const { layout, projectRoot } = context
  const limits = limitsOf(context.settings.limits, name.developer)
  const { folder, release, releases } = layout.sandbox(name)
  await ensureSandboxFolders(layout, name, options.uid)
  const confPath = await writeCandidateConf(layout, name, conf, options.uid)
  await writeTlsFor(layout, { path: confPath, text: conf.text }, options.uid)
  const program = join(projectRoot, EDGE_SERVER_PROGRAM)
  const waits = ['--wait', ...(options.preload ? ['--preload'] : [])]
  const which = commit === null ? waits : ['--release', release(releaseName(commit))]
  const command = confineSandbox(
    context,
    {
      file: process.execPath,
      args: [...EDGE_SERVER_NODE_FLAGS, program, '-p', folder, '-c', confPath, '--channel', ...which],
      env: {
        ...nodeEnvironment(),
        UWS_HTTP_MAX_HEADERS_SIZE: `${HEADERS_BYTES_MAX}`,
        ...(commit === null ? {} : { EDGEYARD_RELEASE: releaseName(commit) }),
      },
      cwd: folder,
    },
    // All of its releases: that of a prepared process is not there yet.
    { name, uid: options.uid, limits, readOnly: [dirname(confPath), releases] },
  )
  return await context.processes.start(command, {
    key: sandboxKey(name),
    role: 'candidate',
    source: name,
    fingerprint: conf.hash,
    commit,
    restarts: options.restarts,
    limits,
  })
}

/** A release that was tidied away, never built because no daemon ran at the push, or built for a conf with fewer scripts. */
async function ensureRelease(context: YardContext, name: SandboxName, { commit, conf }: Target): Promise<void> {
  const { layout, projectRoot } = context
  const release = layout.sandbox(name).release(releaseName(commit))
  const isWhole = () => [release, ...conf.scripts.map((script) => join(release, builtPath(script)))].every(existsSync)
  if (isWhole()) return
  const program = join(projectRoot, 'dist/hooks/build-release.js')
  const what = ['--root', layout.root, '--server', name.server, '--developer', name.developer, '--commit', commit]
  const scripts = conf.scripts.flatMap((script) => ['--script', script])
  await runOk({ file: process.execPath, args: [program, ...what, ...scripts] }, { timeoutMs: BUILD_TIMEOUT_MS })
  if (!isWhole()) throw new EdgeyardError('BUILD_FAILED', `Cannot find the release of ${commit} after it was built`)
}
