// What a sandbox has on disk: confs, the link to the live release, what is remembered of it.
import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, readlink, rename, rm, symlink } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import writeFileAtomic from 'write-file-atomic'
import type { SandboxName } from '../../servers/contract/names.ts'
import { type BuiltCommit, releaseName } from '../../servers/contract/release.ts'
import type { YardLayout } from '../sandbox/layout.ts'
import { readSandboxConf, type SandboxConf } from '../sandbox/sandbox-conf.ts'
import { NEW_MEMORY, parseMemory, type SandboxMemory } from '../sandbox/sandbox-memory.ts'
import { putAsideBroken, readState } from '../state/broken-state.ts'
import { readSmall } from '../state/read-small.ts'
import { renderState } from '../state/state-version.ts'
import { writeConf } from './services/write-conf.ts'

/** A conf beside the live one, named by its text: what a candidate, or the process it has become, was started with. */
function confFile(layout: YardLayout, name: SandboxName, hash: string): string {
  return join(dirname(layout.sandbox(name).conf), `${hash}.conf`)
}

/** Writes the conf a candidate starts from. What is there already is the same text. */
export async function writeCandidateConf(
  layout: YardLayout,
  name: SandboxName,
  conf: Pick<SandboxConf, 'hash' | 'text'>,
  uid: number | null,
): Promise<string> {
  const file = confFile(layout, name, conf.hash)
  if (!existsSync(file)) await writeConf(file, conf.text, uid)
  return file
}

/** The conf that a process was started with; it is kept as long as the process runs. Null when it is gone; throws CONF_INVALID. */
export function readConfOf(layout: YardLayout, name: SandboxName, hash: string): SandboxConf | null {
  const text = readSmall(confFile(layout, name, hash))
  return text === null ? null : readSandboxConf(name, text)
}

/** Makes a release and a conf the live ones, if they are not: what `edge-server` alone, and the next push, take for true. */
export async function makeLive(
  layout: YardLayout,
  name: SandboxName,
  live: { commit: BuiltCommit; conf: Pick<SandboxConf, 'text'> },
  uid: number | null,
): Promise<void> {
  const { src, conf, folder } = layout.sandbox(name)
  const release = join('releases', releaseName(live.commit), 'src')
  if ((await readlink(src).catch(() => null)) !== release) {
    const next = join(folder, '.src.next')
    await rm(next, { force: true })
    await symlink(release, next)
    await rename(next, src)
  }
  if ((await readFile(conf, 'utf8').catch(() => null)) !== live.conf.text) await writeConf(conf, live.conf.text, uid)
}

/** Removes the confs of candidates and processes that are gone. */
export async function tidyConfs(layout: YardLayout, name: SandboxName, kept: ReadonlySet<string>): Promise<void> {
  const { conf } = layout.sandbox(name)
  const files = await readdir(dirname(conf)).catch(() => [])
  const gone = files.filter((file) => /^[0-9a-f]+\.conf$/.test(file) && !kept.has(basename(file, '.conf')))
  await Promise.all(gone.map((file) => rm(join(dirname(conf), file), { force: true })))
}

/**
 * What is remembered of a sandbox. A spoilt file is put aside as `NAME.broken` and told by `onBroken`: the memory begins anew.
 * Throws `ROOT_UNUSABLE` for a file that a newer edgeyard wrote, and one that cannot be read.
 */
export async function readMemory(
  layout: YardLayout,
  name: SandboxName,
  onBroken: (file: string) => void,
): Promise<SandboxMemory> {
  const file = layout.memory(name)
  const text = await readState(file)
  if (text === null) return NEW_MEMORY
  const memory = parseMemory(text, file)
  if (memory !== null) return memory
  await putAsideBroken(file)
  onBroken(file)
  return NEW_MEMORY
}

export async function writeMemory(layout: YardLayout, name: SandboxName, memory: SandboxMemory): Promise<void> {
  const file = layout.memory(name)
  await mkdir(dirname(file), { recursive: true, mode: 0o700 })
  await writeFileAtomic(file, renderState(memory), { mode: 0o600 })
}

/** The sandbox is gone for good: what was remembered of it would only surprise the next of its name. */
export async function forgetMemory(layout: YardLayout, name: SandboxName): Promise<void> {
  await rm(layout.memory(name), { force: true })
}
