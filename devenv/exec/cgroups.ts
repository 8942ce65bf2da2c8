// A control group for each process of a sandbox: the kernel counts memory, processors, processes and threads of it and of
// all it starts. Version 2 where it is all there is, otherwise version 1, which has a folder in each of several trees.
import { createHash } from 'node:crypto'
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  writeFileSync,
} from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { EdgeyardError, messageOf } from '../../servers/contract/errors.ts'
import { readKernelFile } from './read-kernel-file.ts'

const MOUNT = '/sys/fs/cgroup'
const CONTROLLERS = ['memory', 'pids', 'cpu'] as const
/** The kernel gives processors out anew this often. */
const CPU_PERIOD_US = 100_000

type Controller = (typeof CONTROLLERS)[number]

export interface CgroupLimits {
  readonly memoryBytes: number
  readonly processes: number
  /** Null: no cap; whoever wants a processor gets their share of it. */
  readonly cpus: number | null
}

/** How often a group has met a limit. */
export interface Breaches {
  /** Its processes were killed for memory. */
  readonly memory: number
  /** It could not start a process or thread. */
  readonly processes: number
}

export interface Cgroups {
  readonly version: 1 | 2
  /** Puts a process, with all it will start, under limits. Rejects with COMMAND_FAILED. */
  enter(name: string, pid: number, limits: CgroupLimits): Promise<void>
  breaches(name: string): Breaches
  /** Kills what is left in it and removes it. False when the kernel has not let go of it yet: try again. */
  leave(name: string): boolean
  /** Removes all groups of this yard in which nothing runs. */
  tidy(): void
}

/**
 * Those of the yard of this root, or why there can be none. They stand on their own, not below the group that we are in: a
 * daemon that is started from somewhere else must find them again, and the end of our own group must not be theirs. `mount` is
 * for tests.
 */
export function findCgroups(root: string, mount = MOUNT): Cgroups | { readonly why: string } {
  const yard = `edgeyard-${createHash('sha256').update(root).digest('hex').slice(0, 12)}`
  try {
    const found = existsSync(join(mount, 'cgroup.controllers')) ? findUnified(mount) : findTrees(mount)
    for (const folder of new Set(found.folders.values())) accessSync(folder, constants.W_OK)
    const folders = new Map([...found.folders].map(([controller, folder]) => [controller, join(folder, yard)]))
    return createCgroups(found.version, folders)
  } catch (error) {
    return { why: messageOf(error) }
  }
}

interface Found {
  readonly version: 1 | 2
  readonly folders: ReadonlyMap<Controller, string>
}

function findUnified(mount: string): Found {
  handOn(mount)
  return { version: 2, folders: new Map(CONTROLLERS.map((controller) => [controller, mount])) }
}

/**
 * Has a group of version 2 hand its controllers to the groups below. systemd hands on what its own units ask for, on many machines all
 * but `cpu`; what a group below hands on itself it cannot take back.
 */
function handOn(folder: string): void {
  const file = join(folder, 'cgroup.subtree_control')
  const handedOn = readOr(file, '').split(/\s+/)
  const missing = CONTROLLERS.filter((controller) => !handedOn.includes(controller))
  if (missing.length === 0) return
  try {
    writeFileSync(file, missing.map((controller) => `+${controller}`).join(' '))
  } catch (cause) {
    throw new Error(`cgroup v2 without ${missing.join(', ')} for groups below ${folder}: ${messageOf(cause)}`, {
      cause,
    })
  }
}

function findTrees(mount: string): Found {
  const folders = CONTROLLERS.map((controller) => {
    const tree = [controller, 'cpu,cpuacct']
      .map((name) => join(mount, name))
      .find((path) => existsSync(join(path, 'cgroup.procs')))
    if (tree === undefined) throw new Error(`no cgroup of ${controller} at ${mount}`)
    return [controller, tree] as const
  })
  return { version: 1, folders: new Map(folders) }
}

/** What is written to which file of a group. Pure; exported for tests. */
export function planLimits(version: 1 | 2, limits: CgroupLimits): readonly (readonly [Controller, string, string])[] {
  const { memoryBytes, processes, cpus } = limits
  const quota = cpus === null ? null : Math.round(cpus * CPU_PERIOD_US)
  if (version === 2) {
    return [
      ['memory', 'memory.max', `${memoryBytes}`],
      ['memory', 'memory.swap.max', '0'],
      // Half of a sandbox is no sandbox.
      ['memory', 'memory.oom.group', '1'],
      ['pids', 'pids.max', `${processes}`],
      ['cpu', 'cpu.max', `${quota ?? 'max'} ${CPU_PERIOD_US}`],
    ]
  }
  return [
    ['memory', 'memory.limit_in_bytes', `${memoryBytes}`],
    ['memory', 'memory.memsw.limit_in_bytes', `${memoryBytes}`],
    ['pids', 'pids.max', `${processes}`],
    ['cpu', 'cpu.cfs_period_us', `${CPU_PERIOD_US}`],
    ['cpu', 'cpu.cfs_quota_us', `${quota ?? -1}`],
  ]
}

/** Swap cannot be counted by every kernel. */
const OPTIONAL = ['memory.swap.max', 'memory.memsw.limit_in_bytes', 'memory.oom.group']

function createCgroups(version: 1 | 2, folders: ReadonlyMap<Controller, string>): Cgroups {
  const yards = [...new Set(folders.values())]
  // Asked for several times a second for every process: without what `join` does to each path.
  const at = (controller: Controller, name: string, file: string) => `${folders.get(controller)!}/${name}/${file}`
  const make = (folder: string) => {
    if (existsSync(folder)) return
    if (version === 2) handOn(dirname(folder))
    mkdirSync(folder)
    if (version === 2) handOn(folder)
  }
  const leave = (name: string): boolean =>
    yards
      .map((yard) => join(yard, name))
      .filter((folder) => existsSync(folder))
      .map((folder) => {
        killAll(folder)
        try {
          rmdirSync(folder)
          return true
        } catch {
          return !existsSync(folder)
        }
      })
      .every(Boolean)
  return {
    version,
    async enter(name, pid, limits) {
      try {
        for (const yard of yards) {
          make(yard)
          mkdirSync(join(yard, name), { recursive: true })
        }
        for (const [controller, file, text] of planLimits(version, limits)) {
          try {
            writeFileSync(at(controller, name, file), text)
          } catch (error) {
            if (!OPTIONAL.includes(file)) throw error
          }
        }
        // The kernel may wait some 10 ms for all processors here, so it is not waited for in our own thread.
        for (const yard of yards) await writeFile(join(yard, name, 'cgroup.procs'), `${pid}`)
      } catch (error) {
        leave(name)
        throw new EdgeyardError('COMMAND_FAILED', `Cannot limit ${name}: ${messageOf(error)}`, { cause: error })
      }
    },
    breaches: (name) => ({
      memory: count(at('memory', name, version === 2 ? 'memory.events' : 'memory.oom_control'), /^oom_kill (\d+)/m),
      processes: count(at('pids', name, 'pids.events'), /^max (\d+)/m),
    }),
    leave,
    tidy() {
      const names = new Set(yards.flatMap((yard) => foldersIn(yard)))
      for (const name of names) if (yards.every((yard) => isEmpty(join(yard, name)))) leave(name)
      for (const yard of yards) if (existsSync(yard) && foldersIn(yard).length === 0) tryTo(() => rmdirSync(yard))
    },
  }
}

function killAll(folder: string): void {
  const kill = join(folder, 'cgroup.kill')
  if (existsSync(kill)) tryTo(() => writeFileSync(kill, '1'))
  else for (const pid of pidsIn(folder)) tryTo(() => process.kill(pid, 'SIGKILL'))
}

const pidsIn = (folder: string) => readOr(join(folder, 'cgroup.procs'), '').split('\n').filter(Boolean).map(Number)
const isEmpty = (folder: string) => pidsIn(folder).length === 0

function foldersIn(folder: string): string[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []))
}

/** Of a file whose lines are a word and a number each: one of the numbers; 0 where there is none. */
function count(file: string, line: RegExp): number {
  try {
    return Number(line.exec(readKernelFile(file))?.[1] ?? 0)
  } catch {
    return 0
  }
}

function readOr(file: string, otherwise: string): string {
  try {
    return readFileSync(file, 'latin1')
  } catch {
    return otherwise
  }
}

function tryTo(act: () => void): void {
  try {
    act()
  } catch {
    // It is gone already, which is what was wanted.
  }
}
